"""Where the scenes of a site lie on its grid, and reading them there."""
