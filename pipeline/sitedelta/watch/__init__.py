"""Sites that are watched: one run at a time, new images noticed, what came and went written down."""
