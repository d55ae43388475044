"""What a run is told: its configuration, checked whole before anything runs."""
