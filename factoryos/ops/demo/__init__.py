"""The demo: two factories to try every API on. Development only; each part finds its work done the second time."""
