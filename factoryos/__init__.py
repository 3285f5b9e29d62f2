"""FactoryOS."""
