"""What the commands ask of clouds and clusters that run: nothing here is imported by the program."""
