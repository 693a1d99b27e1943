//! Jobs and tasks: their states, outputs and presets.
