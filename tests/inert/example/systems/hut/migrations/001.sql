CREATE TABLE huts (id int);
