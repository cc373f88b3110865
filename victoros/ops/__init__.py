"""Operations: the launcher, the supervisor behind `up`, and the commands that prove and inspect an installation."""
