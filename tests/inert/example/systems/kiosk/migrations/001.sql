CREATE TABLE tills (id int);
