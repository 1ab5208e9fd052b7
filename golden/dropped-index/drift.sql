DROP INDEX shop.ix_customers_email;
