//! Document numbers: what they say, what is wrong with them, and the key under which one person meets.
