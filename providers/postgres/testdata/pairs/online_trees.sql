-- == indexes on a partitioned table with rows
CREATE TABLE app.t (a int, b text, c int) PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.t FOR VALUES FROM (0) TO (100);
CREATE TABLE app.p2 PARTITION OF app.t FOR VALUES FROM (100) TO (200) PARTITION BY LIST (c);
CREATE TABLE app.p2a PARTITION OF app.p2 DEFAULT;
CREATE INDEX i_b ON app.t (b);
CREATE INDEX i_c ON app.t (c);
CREATE INDEX i_gone ON app.t (a);
INSERT INTO app.t SELECT i, i, i FROM generate_series(0, 199) i;
-- =>
CREATE TABLE app.t (a int, b text, c int) PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.t FOR VALUES FROM (0) TO (100);
CREATE TABLE app.p2 PARTITION OF app.t FOR VALUES FROM (100) TO (200) PARTITION BY LIST (c);
CREATE TABLE app.p2a PARTITION OF app.p2 DEFAULT;
CREATE INDEX i_b ON app.t (b, a);
CREATE INDEX i_c ON app.t (c DESC);
CREATE INDEX i_more ON app.t (coalesce(b, 'x'), (a + c), (b || 'y'), (c::text) text_pattern_ops, (lower(b))) INCLUDE (a, c) WHERE c > 0;
CREATE UNIQUE INDEX i_u ON app.t (a, c) NULLS NOT DISTINCT WITH (fillfactor = 70);
COMMENT ON INDEX app.i_u IS 'Unique';

-- == keys on a partitioned table with rows
CREATE TABLE app.t (a int, b text, c int) PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.t FOR VALUES FROM (0) TO (100);
CREATE TABLE app.p2 PARTITION OF app.t FOR VALUES FROM (100) TO (200) PARTITION BY RANGE (c);
CREATE TABLE app.p2a PARTITION OF app.p2 FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
ALTER TABLE app.t ADD CONSTRAINT t_old UNIQUE (a, c);
INSERT INTO app.t SELECT i, i, i FROM generate_series(0, 199) i;
-- =>
CREATE TABLE app.t (a int NOT NULL, b text, c int NOT NULL) PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.t FOR VALUES FROM (0) TO (100);
CREATE TABLE app.p2 PARTITION OF app.t FOR VALUES FROM (100) TO (200) PARTITION BY RANGE (c);
CREATE TABLE app.p2a PARTITION OF app.p2 FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
ALTER TABLE app.t ADD CONSTRAINT t_old UNIQUE (a, c) INCLUDE (b);
ALTER TABLE app.t ADD PRIMARY KEY (a, c);
ALTER TABLE app.t ADD CONSTRAINT t_new UNIQUE NULLS NOT DISTINCT (c, a, b) DEFERRABLE;

-- == another primary key of a partitioned table with rows
CREATE TABLE app.t (a int PRIMARY KEY, b text, c int) PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.t FOR VALUES FROM (0) TO (100);
CREATE TABLE app.p2 PARTITION OF app.t FOR VALUES FROM (100) TO (200);
INSERT INTO app.t SELECT i, i, i FROM generate_series(0, 199) i;
-- =>
CREATE TABLE app.t (a int, b text, c int NOT NULL, PRIMARY KEY (c, a)) PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.t FOR VALUES FROM (0) TO (100);
CREATE TABLE app.p2 PARTITION OF app.t FOR VALUES FROM (100) TO (200);

-- == a unique index of a partitioned table becomes a constraint of its name
CREATE TABLE app.t (a int, b text) PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.t FOR VALUES FROM (0) TO (100);
CREATE UNIQUE INDEX t_u ON app.t (a, b);
INSERT INTO app.t SELECT i, i FROM generate_series(0, 99) i;
-- =>
CREATE TABLE app.t (a int, b text, CONSTRAINT t_u UNIQUE (a, b)) PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.t FOR VALUES FROM (0) TO (100);

-- == checks and not null on a partitioned table with rows
CREATE TABLE app.t (a int, b text, c int, d int CONSTRAINT d CHECK (d > 0)) PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.t FOR VALUES FROM (0) TO (100);
CREATE TABLE app.p2 PARTITION OF app.t FOR VALUES FROM (100) TO (200) PARTITION BY LIST (c);
CREATE TABLE app.p2a PARTITION OF app.p2 DEFAULT;
INSERT INTO app.t SELECT i, i, i, i + 1 FROM generate_series(0, 199) i;
-- =>
CREATE TABLE app.t (a int NOT NULL, b text NOT NULL, c int, d int CONSTRAINT d CHECK (d > -1), CONSTRAINT more CHECK (c < 1000)) PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.t FOR VALUES FROM (0) TO (100);
CREATE TABLE app.p2 PARTITION OF app.t FOR VALUES FROM (100) TO (200) PARTITION BY LIST (c);
CREATE TABLE app.p2a PARTITION OF app.p2 DEFAULT;

-- == foreign keys on a partitioned table with rows
CREATE TABLE app.r (id int PRIMARY KEY);
INSERT INTO app.r SELECT generate_series(0, 199);
CREATE TABLE app.t (a int, b int, c int) PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.t FOR VALUES FROM (0) TO (100);
CREATE TABLE app.p2 PARTITION OF app.t FOR VALUES FROM (100) TO (200) PARTITION BY LIST (c);
CREATE TABLE app.p2a PARTITION OF app.p2 DEFAULT;
ALTER TABLE app.t ADD CONSTRAINT changes FOREIGN KEY (c) REFERENCES app.r;
ALTER TABLE app.p1 ADD CONSTRAINT rises FOREIGN KEY (a) REFERENCES app.r;
INSERT INTO app.t SELECT i, i, i FROM generate_series(0, 199) i;
-- =>
CREATE TABLE app.r (id int PRIMARY KEY);
CREATE TABLE app.t (a int, b int, c int) PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.t FOR VALUES FROM (0) TO (100);
CREATE TABLE app.p2 PARTITION OF app.t FOR VALUES FROM (100) TO (200) PARTITION BY LIST (c);
CREATE TABLE app.p2a PARTITION OF app.p2 DEFAULT;
ALTER TABLE app.t ADD CONSTRAINT comes FOREIGN KEY (b) REFERENCES app.r ON DELETE CASCADE;
ALTER TABLE app.t ADD CONSTRAINT changes FOREIGN KEY (c) REFERENCES app.r ON UPDATE CASCADE DEFERRABLE;
ALTER TABLE app.t ADD CONSTRAINT rises FOREIGN KEY (a) REFERENCES app.r;

-- == columns with a value a row on a partitioned table with rows
CREATE TABLE app.t (a int, c int) PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.t FOR VALUES FROM (0) TO (100);
CREATE TABLE app.p2 PARTITION OF app.t FOR VALUES FROM (100) TO (200) PARTITION BY LIST (c);
CREATE TABLE app.p2a PARTITION OF app.p2 DEFAULT;
INSERT INTO app.t SELECT i, i FROM generate_series(0, 199) i;
-- =>
CREATE TABLE app.t (a int, c int, u uuid NOT NULL DEFAULT gen_random_uuid(), n serial) PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.t FOR VALUES FROM (0) TO (100);
CREATE TABLE app.p2 PARTITION OF app.t FOR VALUES FROM (100) TO (200) PARTITION BY LIST (c);
CREATE TABLE app.p2a PARTITION OF app.p2 DEFAULT;

-- == partitions with the identity of their parent leave
-- from: 17
CREATE TABLE app.t (id bigint GENERATED ALWAYS AS IDENTITY, n int GENERATED BY DEFAULT AS IDENTITY, a int, PRIMARY KEY (id, a)) PARTITION BY RANGE (a);
CREATE TABLE app.p1 PARTITION OF app.t FOR VALUES FROM (0) TO (100);
CREATE TABLE app.p2 PARTITION OF app.t FOR VALUES FROM (100) TO (200);
CREATE TABLE app.p3 PARTITION OF app.t FOR VALUES FROM (200) TO (300);
CREATE TABLE app.l (id bigint GENERATED ALWAYS AS IDENTITY, a int, PRIMARY KEY (id, a)) PARTITION BY LIST (a);
CREATE TABLE app.l1 PARTITION OF app.l FOR VALUES IN (1, 2, 3);
CREATE TABLE app.l2 PARTITION OF app.l FOR VALUES IN (4);
INSERT INTO app.t (a) SELECT generate_series(0, 299);
INSERT INTO app.l (a) VALUES (1), (2), (4);
-- =>
CREATE TABLE app.t (id bigint GENERATED ALWAYS AS IDENTITY, n int GENERATED BY DEFAULT AS IDENTITY, a int, PRIMARY KEY (id, a)) PARTITION BY RANGE (a);
CREATE TABLE app.p1 (id bigint, n int, a int, PRIMARY KEY (id, a));
CREATE TABLE app.p2 (id bigint, n int NOT NULL, a int, PRIMARY KEY (id, a));
CREATE TABLE app.p3 PARTITION OF app.t FOR VALUES FROM (200) TO (300);
CREATE TABLE app.l (id bigint GENERATED ALWAYS AS IDENTITY, a int, PRIMARY KEY (id, a)) PARTITION BY LIST (a);
CREATE TABLE app.l1 (id bigint, a int, PRIMARY KEY (id, a));
CREATE TABLE app.l2 PARTITION OF app.l FOR VALUES IN (4);

-- == tables with rows become partitions beside a default one
-- to: 17
CREATE TABLE app.t (a timestamptz NOT NULL, b text, c int) PARTITION BY RANGE (a);
CREATE TABLE app.rest PARTITION OF app.t DEFAULT;
CREATE TABLE app.p1 (a timestamptz NOT NULL, b text, c int);
CREATE TABLE app.h (a int, b text) PARTITION BY HASH (a, b);
CREATE TABLE app.h0 PARTITION OF app.h FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TABLE app.g (a int, b text) PARTITION BY HASH (a, b);
CREATE TABLE app.g0 (a int, b text);
INSERT INTO app.t VALUES ('2020-01-01', 'x', 1);
INSERT INTO app.p1 VALUES ('2026-03-01', 'x', 1);
INSERT INTO app.h VALUES (1, 'x');
INSERT INTO app.g0 VALUES (1, 'x');
-- =>
CREATE TABLE app.t (a timestamptz NOT NULL, b text, c int) PARTITION BY RANGE (a);
CREATE TABLE app.rest PARTITION OF app.t DEFAULT;
CREATE TABLE app.p1 PARTITION OF app.t FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE app.h (a int, b text) PARTITION BY HASH (a, b);
CREATE TABLE app.h0 (a int, b text);
CREATE TABLE app.g (a int, b text) PARTITION BY HASH (a, b);
CREATE TABLE app.g0 PARTITION OF app.g FOR VALUES WITH (MODULUS 1, REMAINDER 0);
-- == a primary key that partitions have by themselves loses a column
-- from: 18
CREATE TABLE app.t (a int, c int) PARTITION BY RANGE (a); CREATE TABLE app.p PARTITION OF app.t FOR VALUES FROM (0) TO (100); CREATE TABLE app.q PARTITION OF app.t FOR VALUES FROM (100) TO (200); INSERT INTO app.t SELECT i, i FROM generate_series(0, 199) i;
ALTER TABLE app.t ALTER a SET NOT NULL, ALTER c SET NOT NULL; ALTER TABLE ONLY app.t ADD PRIMARY KEY (a, c); ALTER TABLE app.p ADD PRIMARY KEY (a, c); ALTER INDEX app.t_pkey ATTACH PARTITION app.p_pkey; ALTER TABLE app.q ADD PRIMARY KEY (a, c); ALTER INDEX app.t_pkey ATTACH PARTITION app.q_pkey;
-- =>
CREATE TABLE app.t (a int, c int, PRIMARY KEY (a)) PARTITION BY RANGE (a); CREATE TABLE app.p PARTITION OF app.t FOR VALUES FROM (0) TO (100); CREATE TABLE app.q PARTITION OF app.t FOR VALUES FROM (100) TO (200);
