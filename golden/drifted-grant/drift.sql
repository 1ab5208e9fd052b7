REVOKE INSERT ON shop.orders FROM "{{app.shop}}"; GRANT TRUNCATE ON shop.orders TO "{{app.shop}}";
