//! A solver that knows all that is told: linear programs over counts that are not negative.

use microlp::{ComparisonOp, LinearExpr, OptimizationDirection, Problem, SolveOutcome, Variable};

/// High enough to be no bound, low enough for the solver.
const MOST: f64 = 1_000.0;

/// What somebody knows of counts: each is a variable, from 0.
#[derive(Clone, Default)]
pub(crate) struct Known {
    variables: usize,
    /// Sums of variables, and what they come to.
    sums: Vec<(Vec<usize>, ComparisonOp, f64)>,
}

impl Known {
    pub(crate) fn count(&mut self) -> usize {
        self.variables += 1;
        self.variables - 1
    }

    pub(crate) fn sum_is(&mut self, parts: Vec<usize>, sum: u64) {
        self.sums.push((parts, ComparisonOp::Eq, sum as f64));
    }

    pub(crate) fn sum_is_at_least(&mut self, parts: Vec<usize>, sum: u64) {
        self.sums.push((parts, ComparisonOp::Ge, sum as f64));
    }

    /// The least and the most that these can be together.
    pub(crate) fn bounds(&self, of: &[usize]) -> (f64, f64) {
        let solve = |direction| {
            let mut problem = Problem::new(direction);
            let variables: Vec<Variable> = (0..self.variables)
                .map(|at| problem.add_var(if of.contains(&at) { 1.0 } else { 0.0 }, (0.0, MOST)))
                .collect();
            for (parts, op, sum) in &self.sums {
                let mut left = LinearExpr::empty();
                parts.iter().for_each(|part| left.add(variables[*part], 1.0));
                problem.add_constraint(left, *op, *sum);
            }
            match problem.solve().unwrap() {
                SolveOutcome::Solution(solution) => solution.objective(),
                SolveOutcome::Interrupted(_) => unreachable!("no limit was set"),
            }
        };
        (
            solve(OptimizationDirection::Minimize),
            solve(OptimizationDirection::Maximize),
        )
    }

    /// Whether a count below the smallest can be zero, and can be no small one, for all that is known.
    pub(crate) fn leaves_open(&self, of: &[usize], smallest: u64) -> bool {
        let (least, most) = self.bounds(of);
        least < 0.5 && most > smallest as f64 - 0.5
    }
}
