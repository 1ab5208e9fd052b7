package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Fork starts a second cluster with a copy of this one's data, as of the end of the copying. The original keeps
// serving meanwhile: the copy is an online base backup, which the new server recovers from.
func (c *Cluster) Fork(ctx context.Context) (*Cluster, error) {
	f, err := newFolder(c.bin, c.runAs, c.superuser)
	if err != nil {
		return nil, err
	}
	if err := c.backup(ctx, f.data()); err != nil {
		return nil, errors.Join(fmt.Errorf("copy a running postgres: %w", err), f.Close())
	}
	if err := f.launch(ctx); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// backup copies the data folder in the way of Postgres' "low level" base backup: files first, then the label that says
// where recovery begins, then the log that makes the copy consistent.
func (c *Cluster) backup(ctx context.Context, to string) error {
	conn, err := pgx.Connect(ctx, c.DSN("", ""))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "SELECT pg_backup_start('fork', true)"); err != nil {
		return err
	}
	err = copyTree(ctx, c.data(), to, c.runAs, func(path string) bool {
		return path == "postmaster.pid" || path == "postmaster.opts" ||
			strings.HasPrefix(path, "pg_wal/") || strings.HasPrefix(path, "pg_replslot/") ||
			strings.HasPrefix(path, "pg_dynshmem/") || strings.HasPrefix(path, "pg_stat_tmp/") ||
			strings.HasPrefix(path, "pg_notify/") || strings.HasPrefix(path, "pg_serial/") ||
			strings.HasPrefix(path, "pg_snapshots/") || strings.HasPrefix(path, "pg_subtrans/")
	})
	if err != nil {
		return err
	}
	var label string
	if err := conn.QueryRow(ctx, "SELECT labelfile FROM pg_backup_stop(false)").Scan(&label); err != nil {
		return err
	}
	path := filepath.Join(to, "backup_label")
	if err := errors.Join(os.WriteFile(path, []byte(label), 0o600), c.runAs.own(path)); err != nil {
		return err
	}
	return copyTree(ctx, filepath.Join(c.data(), "pg_wal"), filepath.Join(to, "pg_wal"), c.runAs, nil)
}
