"""The operator's panel, a folder for each concern: what runs, people, money, rules."""
