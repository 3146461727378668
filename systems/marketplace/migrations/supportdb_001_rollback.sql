DROP TABLE IF EXISTS ticket_messages, tickets;
