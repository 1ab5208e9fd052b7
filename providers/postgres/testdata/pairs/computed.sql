-- Columns that Postgres computes, in tables below others.
-- == expression of a parent changes with that of its partition
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED) PARTITION BY LIST (a); CREATE TABLE app.p PARTITION OF app.t FOR VALUES IN (1); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 2) STORED) PARTITION BY LIST (a); CREATE TABLE app.p PARTITION OF app.t FOR VALUES IN (1);
-- == expression of a parent changes, and its partition keeps its own
-- from: 17
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED) PARTITION BY LIST (a); CREATE TABLE app.p PARTITION OF app.t (b GENERATED ALWAYS AS (a + 7) STORED) FOR VALUES IN (1); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 2) STORED) PARTITION BY LIST (a); CREATE TABLE app.p PARTITION OF app.t (b GENERATED ALWAYS AS (a + 7) STORED) FOR VALUES IN (1);
-- == expression of a parent changes, and its partition keeps its own, on 16
-- to: 16
-- blocked: has column b from its parents
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED) PARTITION BY LIST (a); CREATE TABLE app.p PARTITION OF app.t (b GENERATED ALWAYS AS (a + 7) STORED) FOR VALUES IN (1); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 2) STORED) PARTITION BY LIST (a); CREATE TABLE app.p PARTITION OF app.t (b GENERATED ALWAYS AS (a + 7) STORED) FOR VALUES IN (1);
-- == expression of a partition alone changes
-- from: 17
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED) PARTITION BY LIST (a); CREATE TABLE app.p PARTITION OF app.t FOR VALUES IN (1); INSERT INTO app.t VALUES (1);
CREATE TABLE app.u (a int, b int GENERATED ALWAYS AS (a + 1) STORED); CREATE TABLE app.k () INHERITS (app.u); INSERT INTO app.k VALUES (1);
-- =>
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED) PARTITION BY LIST (a); CREATE TABLE app.p PARTITION OF app.t (b GENERATED ALWAYS AS (a + 7) STORED) FOR VALUES IN (1);
CREATE TABLE app.u (a int, b int GENERATED ALWAYS AS (a + 1) STORED); CREATE TABLE app.k () INHERITS (app.u); ALTER TABLE app.k ALTER b SET EXPRESSION AS (a + 7);
-- == expression of a partition alone changes, on 16
-- to: 16
-- blocked: has column b from its parents
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED) PARTITION BY LIST (a); CREATE TABLE app.p PARTITION OF app.t FOR VALUES IN (1); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED) PARTITION BY LIST (a); CREATE TABLE app.p PARTITION OF app.t (b GENERATED ALWAYS AS (a + 7) STORED) FOR VALUES IN (1);
-- == expression of a child by itself alone changes, on 16
-- to: 16
-- blocked: has column b from its parents
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED); CREATE TABLE app.k (a int, b int GENERATED ALWAYS AS (a + 1) STORED) INHERITS (app.t);
-- =>
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED); CREATE TABLE app.k (a int, b int GENERATED ALWAYS AS (a + 7) STORED) INHERITS (app.t);
-- == column of a parent is computed now, otherwise than in its partition
-- from: 17
CREATE TABLE app.t (a int, b int) PARTITION BY LIST (a); CREATE TABLE app.p PARTITION OF app.t FOR VALUES IN (1); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED) PARTITION BY LIST (a); CREATE TABLE app.p PARTITION OF app.t (b GENERATED ALWAYS AS (a + 7) STORED) FOR VALUES IN (1);
-- == column of a parent is no more computed, nor in its partition, where it gets a default
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED) PARTITION BY LIST (a); CREATE TABLE app.p PARTITION OF app.t (b GENERATED ALWAYS AS (a + 7) STORED) FOR VALUES IN (1); INSERT INTO app.t VALUES (1);
-- =>
CREATE TABLE app.t (a int, b int) PARTITION BY LIST (a); CREATE TABLE app.p PARTITION OF app.t (b DEFAULT 3) FOR VALUES IN (1);
-- == column that a parent and its child each have by themselves is computed now
CREATE TABLE app.t (a int, b int); CREATE TABLE app.k (a int, b int) INHERITS (app.t); INSERT INTO app.k VALUES (1, 1); INSERT INTO app.t VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED); CREATE TABLE app.k (a int, b int GENERATED ALWAYS AS (a + 1) STORED) INHERITS (app.t);
-- == column that a parent and its child each have by themselves is computed now, each otherwise
CREATE TABLE app.t (a int, b int); CREATE TABLE app.k (a int, b int, c int) INHERITS (app.t); INSERT INTO app.k VALUES (1, 1); INSERT INTO app.t VALUES (1, 1); CREATE TABLE app.l () INHERITS (app.k); INSERT INTO app.l VALUES (1, 1, 1);
-- =>
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED); CREATE TABLE app.k (a int, c int, b int GENERATED ALWAYS AS (a + 7) STORED) INHERITS (app.t); CREATE TABLE app.l () INHERITS (app.k);
-- == column that a parent and two children each have by themselves is computed otherwise
-- to: 16
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED); CREATE TABLE app.k (a int, b int GENERATED ALWAYS AS (a + 1) STORED) INHERITS (app.t); CREATE TABLE app.l (b int GENERATED ALWAYS AS (a + 1) STORED) INHERITS (app.k); INSERT INTO app.l VALUES (1);
-- =>
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 2) STORED); CREATE TABLE app.k (a int, b int GENERATED ALWAYS AS (a + 3) STORED) INHERITS (app.t); CREATE TABLE app.l (b int GENERATED ALWAYS AS (a + 4) STORED) INHERITS (app.k);
-- == column that two parents and their child have by themselves is computed now
CREATE TABLE app.t (a int, b int); CREATE TABLE app.u (a int, b int); CREATE TABLE app.k (b int) INHERITS (app.t, app.u); INSERT INTO app.k VALUES (1, 1);
-- =>
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED); CREATE TABLE app.u (a int, b int GENERATED ALWAYS AS (a + 2) STORED); CREATE TABLE app.k (b int GENERATED ALWAYS AS (a + 3) STORED) INHERITS (app.t, app.u);
-- == stored and virtual, in a parent and its partitions
-- from: 18
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) VIRTUAL, c int GENERATED ALWAYS AS (a + 1) STORED) PARTITION BY LIST (a); CREATE TABLE app.p PARTITION OF app.t FOR VALUES IN (1); INSERT INTO app.t VALUES (1);
CREATE TABLE app.u (a int, b int GENERATED ALWAYS AS (a + 1) VIRTUAL); CREATE TABLE app.k (b int GENERATED ALWAYS AS (a + 1) VIRTUAL) INHERITS (app.u); INSERT INTO app.k VALUES (1);
-- =>
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED, c int GENERATED ALWAYS AS (a + 1) VIRTUAL) PARTITION BY LIST (a); CREATE TABLE app.p PARTITION OF app.t FOR VALUES IN (1);
CREATE TABLE app.u (a int, b int GENERATED ALWAYS AS (a + 1) STORED); CREATE TABLE app.k (b int GENERATED ALWAYS AS (a + 1) STORED) INHERITS (app.u);
-- == column that two parents have, and their child from them, is no more computed
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED); CREATE TABLE app.u (a int, b int GENERATED ALWAYS AS (a + 1) STORED); CREATE TABLE app.k () INHERITS (app.t, app.u); INSERT INTO app.k VALUES (1);
-- =>
CREATE TABLE app.t (a int, b int); CREATE TABLE app.u (a int, b int); CREATE TABLE app.k () INHERITS (app.t, app.u);
-- == column is no more computed where children have children
-- blocked: take app.l from its parent first
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED); CREATE TABLE app.k () INHERITS (app.t); CREATE TABLE app.l () INHERITS (app.k);
-- =>
CREATE TABLE app.t (a int, b int); CREATE TABLE app.k () INHERITS (app.t); CREATE TABLE app.l () INHERITS (app.k);
-- == column of a parent is computed now, otherwise than in its partition, on 16
-- to: 16
-- blocked: has column b from its parents
CREATE TABLE app.t (a int, b int) PARTITION BY LIST (a); CREATE TABLE app.p PARTITION OF app.t (b DEFAULT 3) FOR VALUES IN (1);
-- =>
CREATE TABLE app.t (a int, b int GENERATED ALWAYS AS (a + 1) STORED) PARTITION BY LIST (a); CREATE TABLE app.p PARTITION OF app.t (b GENERATED ALWAYS AS (a + 7) STORED) FOR VALUES IN (1);
