"""The wiring: settings, and one short file per thing we run."""
