"""Operations on AWS."""
