"""What is wrong with a line, in words for whoever stands beside it: `examine` (examination.py) tells, step by step."""
