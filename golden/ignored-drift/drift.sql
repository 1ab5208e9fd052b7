COMMENT ON TABLE shop.orders IS 'Written by the wiki'; ALTER TABLE shop.orders ALTER total SET DEFAULT 1;
