INSERT INTO shop.customers (email) SELECT 'customer' || i || '@example.com' FROM generate_series(1, 2000) i;
INSERT INTO shop.orders (customer_id, total) SELECT 1 + i % 2000, i FROM generate_series(1, 20000) i;
ANALYZE shop.customers, shop.orders;
