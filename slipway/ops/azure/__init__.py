"""Operations on Azure."""
