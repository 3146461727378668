"""Operations on running clouds and clusters, for the commands only: the program imports nothing from here."""
