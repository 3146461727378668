DROP TABLE IF EXISTS credit_scores, credit_applications;
