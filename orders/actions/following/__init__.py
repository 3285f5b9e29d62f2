"""How orders follow what is stated of them: found, brought on in memory by the rules of the life, written in sets."""
