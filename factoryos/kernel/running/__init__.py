"""Running FactoryOS on one machine: which programs there are (`programs.py`) and how they live and end together."""
