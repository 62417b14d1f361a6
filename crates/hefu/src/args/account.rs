//! The arguments of `hefu account`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use hefu_node::account::AccountRole;

#[derive(Subcommand)]
pub(crate) enum AccountCommand {
    /// 为一人开设账号；一人只有一个账号 Add an account for a person, who has no more than one
    Add {
        /// 账号名：3 至 32 个小写字母、数字或 . _ - Its name: 3 to 32 of a-z, 0-9, . _ -
        account: String,
        /// 岗位：it、case_worker、compliance、office What for: it, case_worker, compliance or office
        #[arg(long, value_parser = role)]
        role: AccountRole,
        /// 姓名，记入审计日志 Whose it is, as the audit log names the person
        #[arg(long)]
        person: String,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// 列出账号 List accounts
    List,
    /// 锁定账号，直到解除；其登录随即失效 Lock one until that is lifted; whoever is signed in by it is signed out
    Lock {
        /// 账号名 Its name
        account: String,
    },
    /// 解除锁定 Lift its locks
    Unlock {
        /// 账号名 Its name
        account: String,
    },
    /// 另设密码；其登录随即失效 Give it another password; whoever is signed in by it is signed out
    Password {
        /// 账号名 Its name
        account: String,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// 删除账号；其办理记录仍在审计日志中 Remove one; what its person did stays on record
    Remove {
        /// 账号名 Its name
        account: String,
    },
}

#[derive(ClapArgs)]
pub(crate) struct PasswordArgs {
    /// 密码所在文件，取其第一行；不给则从标准输入读一行，在终端上会显示出来 The file whose first line is the password; otherwise a line is read from standard input, and a terminal shows it
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
}

fn role(code: &str) -> Result<AccountRole, String> {
    AccountRole::from_code(code).ok_or_else(|| {
        let known: Vec<_> = AccountRole::ALL.iter().map(|role| role.code()).collect();
        format!("[{}]", known.join(", "))
    })
}
