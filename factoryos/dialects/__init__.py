"""The published APIs: each a folder that translates its words into verbs and back. README.md says how one is made."""
