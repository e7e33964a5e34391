CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, email text, status text NOT NULL);
INSERT INTO users VALUES
    (1, 'Ada', 'ada@marked-cell.example', 'active'),
    (2, 'Ben', 'ben@marked-cell.example', 'inactive'),
    (3, 'Cleo', NULL, 'active'),
    (4, 'Dan "D"', '', 'pending');

CREATE TABLE orders (id int PRIMARY KEY, user_id int NOT NULL REFERENCES users, amount numeric(10, 2) NOT NULL,
    status text NOT NULL, ordered_at timestamptz NOT NULL, tags text[] NOT NULL DEFAULT '{}', details jsonb);
INSERT INTO orders VALUES
    (101, 1, 19.90, 'delivered', '2024-12-01 09:30:00+00', '{gift,express}', '{"colour": "red"}'),
    (102, 1, 250.00, 'pending', '2024-12-20 18:05:10.5+00', '{}', '{"colour": "blue"}'),
    (103, 2, 7.25, 'cancelled', '2024-12-21 00:00:00+00', '{gift}', NULL),
    (104, 3, 1200.00, 'shipped', '2024-12-24 23:59:59+00', '{express}', '{"colour": "red"}'),
    (105, 3, 64.10, 'pending', '2024-12-25 14:30:22+00', '{}', NULL);

CREATE TABLE salaries (user_id int, amount numeric);
INSERT INTO salaries VALUES (1, 100000);

-- More than an export needs: what is refused is refused by the session, not for want of a privilege.
GRANT ALL ON users, orders TO reporting, iam_reader;
