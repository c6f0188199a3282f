"""Initial."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261124_1200"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ab_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("label", sa.String(length=150), nullable=True),
        sa.Column("description", sa.String(length=512), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_group")),
        sa.UniqueConstraint("name", name=op.f("uq_ab_group_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ab_permission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_permission")),
        sa.UniqueConstraint("name", name=op.f("uq_ab_permission_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ab_register_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_name", sa.String(length=64), nullable=False),
        sa.Column("last_name", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=128), nullable=False),
        sa.Column("password", sa.String(length=256), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("registration_date", sa.DateTime(), nullable=True),
        sa.Column("registration_hash", sa.String(length=256), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_register_user")),
        sa.UniqueConstraint("email", name=op.f("uq_ab_register_user_email")),
        sa.UniqueConstraint("username", name=op.f("uq_ab_register_user_username")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ab_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_role")),
        sa.UniqueConstraint("name", name=op.f("uq_ab_role_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ab_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_name", sa.String(length=64), nullable=False),
        sa.Column("last_name", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=128), nullable=False),
        sa.Column("password", sa.String(length=256), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("last_login", sa.DateTime(), nullable=True),
        sa.Column("login_count", sa.Integer(), nullable=True),
        sa.Column("fail_login_count", sa.Integer(), nullable=True),
        sa.Column("created_on", sa.DateTime(), nullable=True),
        sa.Column("changed_on", sa.DateTime(), nullable=True),
        sa.Column("created_by_fk", sa.Integer(), nullable=True),
        sa.Column("changed_by_fk", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["changed_by_fk"], ["ab_user.id"], name=op.f("fk_ab_user_changed_by_fk")),
        sa.ForeignKeyConstraint(["created_by_fk"], ["ab_user.id"], name=op.f("fk_ab_user_created_by_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_user")),
        sa.UniqueConstraint("email", name=op.f("uq_ab_user_email")),
        sa.UniqueConstraint("username", name=op.f("uq_ab_user_username")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ab_view_menu",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_view_menu")),
        sa.UniqueConstraint("name", name=op.f("uq_ab_view_menu_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "audit_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column(
            "action",
            sa.Enum(
                "added",
                "edited",
                "deleted",
                "edited_many",
                "signed_in",
                "sign_in_refused",
                "signed_out",
                "password_changed",
                "sessions_ended",
                "permissions_changed",
                name="auditaction",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "actor_kind",
            sa.Enum(
                "staff",
                "api",
                "member",
                "job",
                "command",
                "import",
                "system",
                name="actorkind",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(length=130), nullable=False),
        sa.Column("table_name", sa.String(length=64), nullable=True),
        sa.Column("record_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=True),
        sa.Column("changes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("request_id", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("record_id >= 0", name=op.f("ck_audit_lines_record_id_min")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_lines")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("audit_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_lines_action_id"), ["action", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_lines_actor_name"), ["actor_name"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_lines_at_id"), ["at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_lines_ip"), ["ip"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_lines_request_id"), ["request_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_audit_lines_table_name_record_id_id"), ["table_name", "record_id", "id"], unique=False
        )

    op.create_table(
        "bin_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("table_name", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("deleted_by", sa.String(length=100), nullable=False),
        sa.Column("deleted_by_id", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(), nullable=False),
        sa.Column("content", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("detached", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bin_entries")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("bin_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bin_entries_deleted_at"), ["deleted_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_bin_entries_table_name_id"), ["table_name", "id"], unique=False)

    op.create_table(
        "list_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("screen", sa.String(length=80), nullable=False),
        sa.Column("form", sa.String(length=10), nullable=False),
        sa.Column("asked", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("columns", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=True),
        sa.Column("byte_count", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_files")),
        sa.UniqueConstraint("key", name=op.f("uq_list_files_key")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("list_files", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_list_files_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("screen", sa.String(length=80), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.Enum(
                "matching",
                "checking",
                "checked",
                "importing",
                "done",
                "undoing",
                "undone",
                name="importstate",
                native_enum=False,
                length=32,
            ), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("user_name", sa.String(length=100), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("heading", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("matches", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("keeps_when_empty", sa.Boolean(), nullable=False),
        sa.Column("key_path", sa.String(length=80), nullable=True),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("is_bulk", sa.Boolean(), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=True),
        sa.Column("answers", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("work_id", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_imports_screen_id"), ["screen", "id"], unique=False)

    op.create_table(
        "import_rows",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cells", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("outcome", sa.Enum(
                "waiting",
                "new",
                "changed",
                "same",
                "refused",
                name="outcome",
                native_enum=False,
                length=32,
            ), nullable=False),
        sa.Column("reasons", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("record_id", sa.BigInteger(), nullable=True),
        sa.Column("shown", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("before", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("after", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("is_written", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_import_rows_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_rows")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("import_rows", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_rows_import_id_number"), ["import_id", "number"], unique=True)
        batch_op.create_index(
            batch_op.f("ix_import_rows_import_id_outcome_number"), ["import_id", "outcome", "number"], unique=False
        )

    op.create_table(
        "brands",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("picture", sa.String(length=200), nullable=True),
        sa.Column("floor_price", sa.BigInteger(), nullable=True),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=True),
        sa.Column("source_id", sa.String(length=80), nullable=True),
        sa.Column("source_data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("floor_price >= 0", name=op.f("ck_brands_floor_price_min")),
        sa.CheckConstraint("sort_order <= 99999", name=op.f("ck_brands_sort_order_max")),
        sa.CheckConstraint("sort_order >= 0", name=op.f("ck_brands_sort_order_min")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brands")),
        sa.UniqueConstraint("name", name=op.f("uq_brands_name")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("brands", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_brands_sort_order_id"), ["sort_order", "id"], unique=False)
        batch_op.create_index(
            "uq_brands_source_source_id",
            ["source", "source_id"],
            unique=True,
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )

    op.create_table(
        "categories",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=60), nullable=False),
        sa.Column("description", sa.String(length=300), nullable=True),
        sa.Column("keywords", sa.String(length=300), nullable=True),
        sa.Column("icon", sa.String(length=200), nullable=True),
        sa.Column("picture", sa.String(length=200), nullable=True),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=True),
        sa.Column("source_id", sa.String(length=80), nullable=True),
        sa.Column("source_data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("level <= 5", name=op.f("ck_categories_level_max")),
        sa.CheckConstraint("level >= 1", name=op.f("ck_categories_level_min")),
        sa.CheckConstraint("sort_order <= 99999", name=op.f("ck_categories_sort_order_max")),
        sa.CheckConstraint("sort_order >= 0", name=op.f("ck_categories_sort_order_min")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["categories.id"], name=op.f("fk_categories_parent_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("categories", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_categories_parent_id_sort_order"), ["parent_id", "sort_order"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_categories_path"), ["path"], unique=False)
        batch_op.create_index(
            "uq_categories_source_source_id",
            ["source", "source_id"],
            unique=True,
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )

    op.create_table(
        "files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=50), nullable=False),
        sa.Column("byte_count", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("uploaded_by", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("byte_count >= 1", name=op.f("ck_files_byte_count_min")),
        sa.CheckConstraint("height >= 1", name=op.f("ck_files_height_min")),
        sa.CheckConstraint("width >= 1", name=op.f("ck_files_width_min")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        sa.UniqueConstraint("digest", name=op.f("uq_files_digest")),
        sa.UniqueConstraint("key", name=op.f("uq_files_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "job_runs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job", sa.String(length=100), nullable=False),
        sa.Column("scheduled_for", sa.DateTime(), nullable=False),
        sa.Column("clock_round", sa.Integer(), nullable=False),
        sa.Column(
            "trigger",
            sa.Enum("schedule", "request", "command", name="runtrigger", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("asked_by", sa.String(length=200), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "doing",
                "done",
                "failed",
                "cancelled",
                "lost",
                "missed",
                name="runstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("result", sa.String(length=500), nullable=True),
        sa.Column("result_count", sa.Integer(), nullable=True),
        sa.Column("worker", sa.String(length=120), nullable=True),
        sa.Column("lease_until", sa.DateTime(), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("progress_done", sa.Integer(), nullable=True),
        sa.Column("progress_total", sa.Integer(), nullable=True),
        sa.Column("progress_message", sa.String(length=200), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("clock_round >= 0", name=op.f("ck_job_runs_clock_round_min")),
        sa.CheckConstraint("duration_ms >= 0", name=op.f("ck_job_runs_duration_ms_min")),
        sa.CheckConstraint("progress_done >= 0", name=op.f("ck_job_runs_progress_done_min")),
        sa.CheckConstraint("progress_total >= 0", name=op.f("ck_job_runs_progress_total_min")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_runs")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("job_runs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_job_runs_asked",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state = 'asked'"),
            postgresql_where=sa.text("state = 'asked'"),
        )
        batch_op.create_index("ix_job_runs_job_id", ["job", "id"], unique=False)
        batch_op.create_index(
            "uq_job_runs_doing",
            ["job"],
            unique=True,
            sqlite_where=sa.text("state = 'doing'"),
            postgresql_where=sa.text("state = 'doing'"),
        )
        batch_op.create_index(
            "uq_job_runs_firing",
            ["job", "scheduled_for", "clock_round"],
            unique=True,
            sqlite_where=sa.text("trigger = 'schedule'"),
            postgresql_where=sa.text("trigger = 'schedule'"),
        )

    op.create_table(
        "later_jobs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("task", sa.String(length=200), nullable=False),
        sa.Column("arguments", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column(
            "state",
            sa.Enum("todo", "doing", "done", "failed", "cancelled", name="laterstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("run_at", sa.DateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("result", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("watcher_id", sa.Integer(), nullable=True),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.Column("worker", sa.String(length=120), nullable=True),
        sa.Column("lease_until", sa.DateTime(), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("progress_done", sa.Integer(), nullable=True),
        sa.Column("progress_total", sa.Integer(), nullable=True),
        sa.Column("progress_message", sa.String(length=200), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_later_jobs_attempts_min")),
        sa.CheckConstraint("duration_ms >= 0", name=op.f("ck_later_jobs_duration_ms_min")),
        sa.CheckConstraint("max_attempts >= 1", name=op.f("ck_later_jobs_max_attempts_min")),
        sa.CheckConstraint("progress_done >= 0", name=op.f("ck_later_jobs_progress_done_min")),
        sa.CheckConstraint("progress_total >= 0", name=op.f("ck_later_jobs_progress_total_min")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_later_jobs")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("later_jobs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_later_jobs_doing",
            ["lease_until"],
            unique=False,
            sqlite_where=sa.text("state = 'doing'"),
            postgresql_where=sa.text("state = 'doing'"),
        )
        batch_op.create_index(
            "ix_later_jobs_failed",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state = 'failed'"),
            postgresql_where=sa.text("state = 'failed'"),
        )
        batch_op.create_index(
            "ix_later_jobs_finished",
            ["finished_at"],
            unique=False,
            sqlite_where=sa.text("finished_at IS NOT NULL"),
            postgresql_where=sa.text("finished_at IS NOT NULL"),
        )
        batch_op.create_index("ix_later_jobs_task_id", ["task", "id"], unique=False)
        batch_op.create_index(
            "ix_later_jobs_todo",
            ["run_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'todo'"),
            postgresql_where=sa.text("state = 'todo'"),
        )
        batch_op.create_index(
            "ix_later_jobs_watched",
            ["watcher_id", "id"],
            unique=False,
            sqlite_where=sa.text("watcher_id IS NOT NULL"),
            postgresql_where=sa.text("watcher_id IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_later_jobs_key",
            ["key"],
            unique=True,
            sqlite_where=sa.text("state = 'todo'"),
            postgresql_where=sa.text("state = 'todo'"),
        )

    op.create_table(
        "leader_leases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=120), nullable=False),
        sa.Column("beat", sa.Integer(), nullable=False),
        sa.Column("renewed_at", sa.DateTime(), nullable=True),
        sa.Column("clock_round", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("beat >= 0", name=op.f("ck_leader_leases_beat_min")),
        sa.CheckConstraint("clock_round >= 0", name=op.f("ck_leader_leases_clock_round_min")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leader_leases")),
        sa.UniqueConstraint("name", name=op.f("uq_leader_leases_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "member_levels",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("min_paid_amount", sa.BigInteger(), nullable=False),
        sa.Column("icon", sa.String(length=200), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("source", sa.String(length=32), nullable=True),
        sa.Column("source_id", sa.String(length=80), nullable=True),
        sa.Column("source_data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("min_paid_amount >= 0", name=op.f("ck_member_levels_min_paid_amount_min")),
        sa.CheckConstraint("rank <= 100", name=op.f("ck_member_levels_rank_max")),
        sa.CheckConstraint("rank >= 0", name=op.f("ck_member_levels_rank_min")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_levels")),
        sa.UniqueConstraint("name", name=op.f("uq_member_levels_name")),
        sa.UniqueConstraint("rank", name=op.f("uq_member_levels_rank")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("member_levels", schema=None) as batch_op:
        batch_op.create_index(
            "uq_member_levels_source_source_id",
            ["source", "source_id"],
            unique=True,
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )

    op.create_table(
        "member_tags",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_tags")),
        sa.UniqueConstraint("name", name=op.f("uq_member_tags_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "product_tags",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_tags")),
        sa.UniqueConstraint("name", name=op.f("uq_product_tags_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "regions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column(
            "level",
            sa.Enum("province", "city", "district", name="regionlevel", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["regions.id"], name=op.f("fk_regions_parent_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regions")),
        sa.UniqueConstraint("code", name=op.f("uq_regions_code")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("regions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_regions_level"), ["level"], unique=False)
        batch_op.create_index(batch_op.f("ix_regions_name_id"), ["name", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_regions_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "sales_categories",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("category_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("refunds", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "channel", "category_id", name=op.f("pk_sales_categories")),
    )
    op.create_table(
        "sales_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("refunds", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "channel", name=op.f("pk_sales_days")),
    )
    op.create_table(
        "sales_marks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_marks")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sales_payers",
        sa.Column("unit", sa.String(length=5), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("bits", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("unit", "first_day", "channel", name=op.f("pk_sales_payers")),
    )
    op.create_table(
        "sales_progress",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("counted_until", sa.DateTime(), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_progress")),
    )
    op.create_table(
        "scheduled_jobs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("cron", sa.String(length=100), nullable=True),
        sa.Column("every_seconds", sa.Integer(), nullable=True),
        sa.Column("planned_as", sa.String(length=120), nullable=True),
        sa.Column("next_run_at", sa.DateTime(), nullable=True),
        sa.Column("last_run_at", sa.DateTime(), nullable=True),
        sa.Column(
            "last_state",
            sa.Enum(
                "asked",
                "doing",
                "done",
                "failed",
                "cancelled",
                "lost",
                "missed",
                name="runstate",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("every_seconds <= 31622400", name=op.f("ck_scheduled_jobs_every_seconds_max")),
        sa.CheckConstraint("every_seconds >= 1", name=op.f("ck_scheduled_jobs_every_seconds_min")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduled_jobs")),
        sa.UniqueConstraint("name", name=op.f("uq_scheduled_jobs_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "settings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("value", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settings")),
        sa.UniqueConstraint("key", name=op.f("uq_settings_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "staff_permission_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stamp", sa.String(length=32), nullable=False),
        sa.Column("views_stamp", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_permission_state")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "staff_starter_roles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("permissions", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_starter_roles")),
        sa.UniqueConstraint("name", name=op.f("uq_staff_starter_roles_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ab_api_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("key_hash", sa.String(length=256), nullable=False),
        sa.Column("lookup_hash", sa.String(length=256), nullable=True),
        sa.Column("key_prefix", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_on", sa.DateTime(), nullable=True),
        sa.Column("expires_on", sa.DateTime(), nullable=True),
        sa.Column("revoked_on", sa.DateTime(), nullable=True),
        sa.Column("last_used_on", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name=op.f("fk_ab_api_key_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_api_key")),
        sa.UniqueConstraint("lookup_hash", name=op.f("uq_ab_api_key_lookup_hash")),
        sa.UniqueConstraint("uuid", name=op.f("uq_ab_api_key_uuid")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("ab_api_key", schema=None) as batch_op:
        batch_op.create_index("idx_api_key_lookup_hash", ["lookup_hash"], unique=True)
        batch_op.create_index("idx_api_key_prefix", ["key_prefix"], unique=False)
        batch_op.create_index("idx_api_key_user_id", ["user_id"], unique=False)

    op.create_table(
        "ab_group_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["ab_group.id"], name=op.f("fk_ab_group_role_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], name=op.f("fk_ab_group_role_role_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_group_role")),
        sa.UniqueConstraint("group_id", "role_id", name=op.f("uq_ab_group_role_group_id_role_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("ab_group_role", schema=None) as batch_op:
        batch_op.create_index("idx_group_id", ["group_id"], unique=False)
        batch_op.create_index("idx_group_role_id", ["role_id"], unique=False)

    op.create_table(
        "ab_permission_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("permission_id", sa.Integer(), nullable=False),
        sa.Column("view_menu_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["permission_id"], ["ab_permission.id"], name=op.f("fk_ab_permission_view_permission_id")
        ),
        sa.ForeignKeyConstraint(["view_menu_id"], ["ab_view_menu.id"], name=op.f("fk_ab_permission_view_view_menu_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_permission_view")),
        sa.UniqueConstraint(
            "permission_id", "view_menu_id", name=op.f("uq_ab_permission_view_permission_id_view_menu_id")
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("ab_permission_view", schema=None) as batch_op:
        batch_op.create_index("idx_permission_id", ["permission_id"], unique=False)
        batch_op.create_index("idx_view_menu_id", ["view_menu_id"], unique=False)

    op.create_table(
        "ab_user_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["ab_group.id"], name=op.f("fk_ab_user_group_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name=op.f("fk_ab_user_group_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_user_group")),
        sa.UniqueConstraint("user_id", "group_id", name=op.f("uq_ab_user_group_user_id_group_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("ab_user_group", schema=None) as batch_op:
        batch_op.create_index("idx_user_group_id", ["group_id"], unique=False)
        batch_op.create_index("idx_user_id", ["user_id"], unique=False)

    op.create_table(
        "ab_user_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], name=op.f("fk_ab_user_role_role_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name=op.f("fk_ab_user_role_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_user_role")),
        sa.UniqueConstraint("user_id", "role_id", name=op.f("uq_ab_user_role_user_id_role_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "members",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("nickname", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=True),
        sa.Column("avatar", sa.String(length=200), nullable=True),
        sa.Column(
            "gender", sa.Enum("unknown", "female", "male", name="gender", native_enum=False, length=32), nullable=False
        ),
        sa.Column("birthday", sa.Date(), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column(
            "channel",
            sa.Enum("mini_program", "web", "app", "store", "imported", name="channel", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("country", sa.String(length=60), nullable=True),
        sa.Column("province", sa.String(length=60), nullable=True),
        sa.Column("city", sa.String(length=60), nullable=True),
        sa.Column("district", sa.String(length=60), nullable=True),
        sa.Column("region_code", sa.String(length=12), nullable=True),
        sa.Column("registered_at", sa.DateTime(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(), nullable=True),
        sa.Column("level_id", sa.Integer(), nullable=True),
        sa.Column("is_blocked", sa.Boolean(), nullable=False),
        sa.Column("order_count", sa.Integer(), nullable=False),
        sa.Column("paid_amount", sa.BigInteger(), nullable=False),
        sa.Column("last_ordered_at", sa.DateTime(), nullable=True),
        sa.Column("source", sa.String(length=32), nullable=True),
        sa.Column("source_id", sa.String(length=80), nullable=True),
        sa.Column("source_data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("order_count >= 0", name=op.f("ck_members_order_count_min")),
        sa.CheckConstraint("paid_amount >= 0", name=op.f("ck_members_paid_amount_min")),
        sa.ForeignKeyConstraint(
            ["level_id"], ["member_levels.id"], name=op.f("fk_members_level_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("phone", name=op.f("uq_members_phone")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_members_is_blocked_registered_at_id"), ["is_blocked", "registered_at", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_members_channel_registered_at_id"), ["channel", "registered_at", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_members_last_ordered_at_id"), ["last_ordered_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_members_last_seen_at_id"), ["last_seen_at", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_members_level_id_registered_at_id"), ["level_id", "registered_at", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_members_nickname_id"), ["nickname", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_members_order_count_id"), ["order_count", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_members_paid_amount_id"), ["paid_amount", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_members_province_registered_at_id"), ["province", "registered_at", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_members_registered_at_id"), ["registered_at", "id"], unique=False)
        batch_op.create_index(
            "uq_members_source_source_id",
            ["source", "source_id"],
            unique=True,
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )

    op.create_table(
        "products",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("picture", sa.String(length=200), nullable=True),
        sa.Column("has_picture", sa.Boolean(), nullable=False),
        sa.Column("gallery", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("brief", sa.String(length=300), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("keywords", sa.String(length=300), nullable=True),
        sa.Column("unit", sa.String(length=20), nullable=True),
        sa.Column("list_price", sa.BigInteger(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.Column("list_at", sa.DateTime(), nullable=True),
        sa.Column("delist_at", sa.DateTime(), nullable=True),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.Column("is_hot", sa.Boolean(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=True),
        sa.Column("source_id", sa.String(length=80), nullable=True),
        sa.Column("source_data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("list_price >= 0", name=op.f("ck_products_list_price_min")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_products_price_min")),
        sa.CheckConstraint("sort_order <= 99999", name=op.f("ck_products_sort_order_max")),
        sa.CheckConstraint("sort_order >= 0", name=op.f("ck_products_sort_order_min")),
        sa.CheckConstraint("stock >= 0", name=op.f("ck_products_stock_min")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_products_brand_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"], name=op.f("fk_products_category_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("number", name=op.f("uq_products_number")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_products_brand_id_is_listed_sort_order_id"),
            ["brand_id", "is_listed", "sort_order", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_products_category_id_is_listed_sort_order_id"),
            ["category_id", "is_listed", "sort_order", "id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_products_created_at_id"), ["created_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_products_delist_at"), ["delist_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_products_is_listed_sort_order_id"), ["is_listed", "sort_order", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_products_is_listed_has_picture"), ["is_listed", "has_picture"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_products_is_listed_price"), ["is_listed", "price"], unique=False)
        batch_op.create_index(batch_op.f("ix_products_is_listed_stock"), ["is_listed", "stock"], unique=False)
        batch_op.create_index(batch_op.f("ix_products_list_at"), ["list_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_products_name_id"), ["name", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_products_price_id"), ["price", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_products_sort_order_id"), ["sort_order", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_products_stock_id"), ["stock", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_products_updated_at_id"), ["updated_at", "id"], unique=False)
        batch_op.create_index(
            "uq_products_source_source_id",
            ["source", "source_id"],
            unique=True,
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )

    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("screen", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column(
            "audience", sa.Enum("private", "role", "everyone", name="audience", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.Column("content", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], name=op.f("fk_saved_views_role_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name=op.f("fk_saved_views_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("user_id", "screen", "name", name=op.f("uq_saved_views_user_id_screen_name")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("saved_views", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_saved_views_role_id"), ["role_id"], unique=False)

    op.create_table(
        "comments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("table_name", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author_name", sa.String(length=150), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("edited_at", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("record_id >= 0", name=op.f("ck_comments_record_id_min")),
        sa.ForeignKeyConstraint(["author_id"], ["ab_user.id"], name=op.f("fk_comments_author_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_comments_author_id_id"), ["author_id", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_comments_table_name_record_id_id"), ["table_name", "record_id", "id"], unique=False
        )

    op.create_table(
        "comment_mentions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("read_at", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_comment_mentions_comment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_comment_mentions_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_mentions")),
        sa.UniqueConstraint("comment_id", "user_id", name=op.f("uq_comment_mentions_comment_id_user_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("comment_mentions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_comment_mentions_user_id_read_at_id"), ["user_id", "read_at", "id"], unique=False
        )

    op.create_table(
        "staff_accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("password_changed_at", sa.DateTime(), nullable=True),
        sa.Column("one_time_until", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_staff_accounts_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_accounts")),
        sa.UniqueConstraint("user_id", name=op.f("uq_staff_accounts_user_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "staff_preferences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=True),
        sa.Column("theme", sa.String(length=10), nullable=True),
        sa.Column("page_sizes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("lists", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("pins", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("no_shortcuts", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_staff_preferences_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_preferences")),
        sa.UniqueConstraint("user_id", name=op.f("uq_staff_preferences_user_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "staff_recovery_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_staff_recovery_codes_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_recovery_codes")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("staff_recovery_codes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_recovery_codes_user_id"), ["user_id"], unique=False)

    op.create_table(
        "staff_second_factors",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("sealed_key", sa.String(length=255), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_staff_second_factors_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_second_factors")),
        sa.UniqueConstraint("user_id", name=op.f("uq_staff_second_factors_user_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "staff_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("agent", sa.String(length=200), nullable=True),
        sa.Column("proven_at", sa.DateTime(), nullable=False),
        sa.Column("end_reason", sa.String(length=20), nullable=True),
        sa.Column("password_mark", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_staff_sessions_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_staff_sessions_token_hash")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("staff_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_sessions_user_id"), ["user_id"], unique=False)

    op.create_table(
        "ab_permission_view_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("permission_view_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["permission_view_id"],
            ["ab_permission_view.id"],
            name=op.f("fk_ab_permission_view_role_permission_view_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["ab_role.id"], name=op.f("fk_ab_permission_view_role_role_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ab_permission_view_role")),
        sa.UniqueConstraint(
            "permission_view_id", "role_id", name=op.f("uq_ab_permission_view_role_permission_view_id_role_id")
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("ab_permission_view_role", schema=None) as batch_op:
        batch_op.create_index("idx_permission_view_id", ["permission_view_id"], unique=False)
        batch_op.create_index("idx_role_id", ["role_id"], unique=False)

    op.create_table(
        "addresses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("country", sa.String(length=60), nullable=True),
        sa.Column("province", sa.String(length=60), nullable=True),
        sa.Column("city", sa.String(length=60), nullable=True),
        sa.Column("district", sa.String(length=60), nullable=True),
        sa.Column("region_code", sa.String(length=12), nullable=True),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.Column("postcode", sa.String(length=12), nullable=True),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=True),
        sa.Column("source_id", sa.String(length=80), nullable=True),
        sa.Column("source_data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_addresses_member_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_addresses")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("addresses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_addresses_member_id"), ["member_id"], unique=False)
        batch_op.create_index(
            "uq_addresses_default",
            ["member_id"],
            unique=True,
            sqlite_where=sa.text("is_default"),
            postgresql_where=sa.text("is_default"),
        )
        batch_op.create_index(
            "uq_addresses_source_source_id",
            ["source", "source_id"],
            unique=True,
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )

    op.create_table(
        "member_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_member_notes_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_notes")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("member_notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_member_notes_created_at_id"), ["created_at", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_member_notes_member_id_created_at"), ["member_id", "created_at"], unique=False
        )

    op.create_table(
        "member_tag_links",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_member_tag_links_member_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["member_tags.id"], name=op.f("fk_member_tag_links_tag_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", "tag_id", name=op.f("pk_member_tag_links")),
    )
    with op.batch_alter_table("member_tag_links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_member_tag_links_tag_id_member_id"), ["tag_id", "member_id"], unique=False)

    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("buyer_name", sa.String(length=60), nullable=True),
        sa.Column(
            "channel",
            sa.Enum("mini_program", "web", "app", "store", "imported", name="channel", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "placed",
                "paid",
                "shipped",
                "completed",
                "cancelled",
                "refunded",
                name="orderstatus",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("goods_amount", sa.BigInteger(), nullable=False),
        sa.Column("freight_amount", sa.BigInteger(), nullable=False),
        sa.Column("discount_amount", sa.BigInteger(), nullable=False),
        sa.Column("total_amount", sa.BigInteger(), nullable=False),
        sa.Column("paid_amount", sa.BigInteger(), nullable=False),
        sa.Column("refunded_amount", sa.BigInteger(), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("item_count", sa.Integer(), nullable=False),
        sa.Column("placed_at", sa.DateTime(), nullable=False),
        sa.Column("paid_at", sa.DateTime(), nullable=True),
        sa.Column("shipped_at", sa.DateTime(), nullable=True),
        sa.Column("completed_at", sa.DateTime(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(), nullable=True),
        sa.Column("receiver_name", sa.String(length=60), nullable=True),
        sa.Column("receiver_phone", sa.String(length=20), nullable=True),
        sa.Column("receiver_country", sa.String(length=60), nullable=True),
        sa.Column("receiver_province", sa.String(length=60), nullable=True),
        sa.Column("receiver_city", sa.String(length=60), nullable=True),
        sa.Column("receiver_district", sa.String(length=60), nullable=True),
        sa.Column("receiver_region_code", sa.String(length=12), nullable=True),
        sa.Column("receiver_detail", sa.String(length=200), nullable=True),
        sa.Column("receiver_postcode", sa.String(length=12), nullable=True),
        sa.Column("carrier_code", sa.String(length=20), nullable=True),
        sa.Column("carrier", sa.String(length=40), nullable=True),
        sa.Column("tracking_number", sa.String(length=40), nullable=True),
        sa.Column("remark", sa.String(length=500), nullable=True),
        sa.Column("staff_note", sa.Text(), nullable=True),
        sa.Column("source", sa.String(length=32), nullable=True),
        sa.Column("source_id", sa.String(length=80), nullable=True),
        sa.Column("source_data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("discount_amount >= 0", name=op.f("ck_orders_discount_amount_min")),
        sa.CheckConstraint("freight_amount >= 0", name=op.f("ck_orders_freight_amount_min")),
        sa.CheckConstraint("goods_amount >= 0", name=op.f("ck_orders_goods_amount_min")),
        sa.CheckConstraint("item_count >= 0", name=op.f("ck_orders_item_count_min")),
        sa.CheckConstraint("line_count >= 0", name=op.f("ck_orders_line_count_min")),
        sa.CheckConstraint("paid_amount >= 0", name=op.f("ck_orders_paid_amount_min")),
        sa.CheckConstraint("refunded_amount >= 0", name=op.f("ck_orders_refunded_amount_min")),
        sa.CheckConstraint("total_amount >= 0", name=op.f("ck_orders_total_amount_min")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_orders_member_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_orders_channel_placed_at_id"), ["channel", "placed_at", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_orders_member_id_placed_at_id"), ["member_id", "placed_at", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_orders_paid_at_id"), ["paid_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_orders_placed_at_id"), ["placed_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_orders_status_placed_at_id"), ["status", "placed_at", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_orders_status_total_amount_id"), ["status", "total_amount", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_orders_total_amount_id"), ["total_amount", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_orders_tracking_number"), ["tracking_number"], unique=False)
        batch_op.create_index(
            "uq_orders_source_source_id",
            ["source", "source_id"],
            unique=True,
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )

    op.create_table(
        "product_attributes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=True),
        sa.Column("source_id", sa.String(length=80), nullable=True),
        sa.Column("source_data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("sort_order <= 99999", name=op.f("ck_product_attributes_sort_order_max")),
        sa.CheckConstraint("sort_order >= 0", name=op.f("ck_product_attributes_sort_order_min")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_product_attributes_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_attributes")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("product_attributes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_product_attributes_product_id_sort_order"), ["product_id", "sort_order"], unique=False
        )
        batch_op.create_index(
            "uq_product_attributes_source_source_id",
            ["source", "source_id"],
            unique=True,
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )

    op.create_table(
        "product_specifications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.Column("picture", sa.String(length=200), nullable=True),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=True),
        sa.Column("source_id", sa.String(length=80), nullable=True),
        sa.Column("source_data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("sort_order <= 99999", name=op.f("ck_product_specifications_sort_order_max")),
        sa.CheckConstraint("sort_order >= 0", name=op.f("ck_product_specifications_sort_order_min")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_product_specifications_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_specifications")),
        sa.UniqueConstraint(
            "product_id", "name", "value", name=op.f("uq_product_specifications_product_id_name_value")
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("product_specifications", schema=None) as batch_op:
        batch_op.create_index(
            "uq_product_specifications_source_source_id",
            ["source", "source_id"],
            unique=True,
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )

    op.create_table(
        "product_tag_links",
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_product_tag_links_product_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["product_tags.id"], name=op.f("fk_product_tag_links_tag_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("product_id", "tag_id", name=op.f("pk_product_tag_links")),
    )
    with op.batch_alter_table("product_tag_links", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_product_tag_links_tag_id_product_id"), ["tag_id", "product_id"], unique=False
        )

    op.create_table(
        "skus",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("specifications", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("list_price", sa.BigInteger(), nullable=True),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("picture", sa.String(length=200), nullable=True),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=True),
        sa.Column("source_id", sa.String(length=80), nullable=True),
        sa.Column("source_data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("list_price >= 0", name=op.f("ck_skus_list_price_min")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_skus_price_min")),
        sa.CheckConstraint("sort_order <= 99999", name=op.f("ck_skus_sort_order_max")),
        sa.CheckConstraint("sort_order >= 0", name=op.f("ck_skus_sort_order_min")),
        sa.CheckConstraint("stock >= 0", name=op.f("ck_skus_stock_min")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_skus_product_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skus")),
        sa.UniqueConstraint("code", name=op.f("uq_skus_code")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("skus", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_skus_product_id_sort_order"), ["product_id", "sort_order"], unique=False)
        batch_op.create_index(
            "uq_skus_source_source_id",
            ["source", "source_id"],
            unique=True,
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )

    op.create_table(
        "order_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column(
            "from_status",
            sa.Enum(
                "placed",
                "paid",
                "shipped",
                "completed",
                "cancelled",
                "refunded",
                name="orderstatus",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "to_status",
            sa.Enum(
                "placed",
                "paid",
                "shipped",
                "completed",
                "cancelled",
                "refunded",
                name="orderstatus",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("happened_at", sa.DateTime(), nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_events_order_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_events")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("order_events", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_order_events_order_id_happened_at"), ["order_id", "happened_at"], unique=False
        )

    op.create_table(
        "order_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=True),
        sa.Column("sku_id", sa.Integer(), nullable=True),
        sa.Column("sku_code", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("specifications", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("picture", sa.String(length=200), nullable=True),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_order_lines_amount_min")),
        sa.CheckConstraint("quantity <= 10000000", name=op.f("ck_order_lines_quantity_max")),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_order_lines_quantity_min")),
        sa.CheckConstraint("unit_price >= 0", name=op.f("ck_order_lines_unit_price_min")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_order_lines_product_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["sku_id"], ["skus.id"], name=op.f("fk_order_lines_sku_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_lines")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("order_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_lines_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_order_lines_product_id"), ["product_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_order_lines_sku_id"), ["sku_id"], unique=False)

    op.create_table(
        "payments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column(
            "method",
            sa.Enum(
                "wechat_pay", "alipay", "card", "cash", "other", name="paymentmethod", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum("waiting", "paid", "failed", "closed", name="paymentstatus", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("paid_at", sa.DateTime(), nullable=True),
        sa.Column("transaction_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_payments_amount_min")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_payments_order_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("number", name=op.f("uq_payments_number")),
        sa.UniqueConstraint("transaction_id", name=op.f("uq_payments_transaction_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payments_amount_id"), ["amount", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payments_method_paid_at_id"), ["method", "paid_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payments_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payments_paid_at_id"), ["paid_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payments_status_paid_at_id"), ["status", "paid_at", "id"], unique=False)

    op.create_table(
        "product_reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("order_line_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.String(length=60), nullable=True),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("pictures", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("has_pictures", sa.Boolean(), nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("replied_at", sa.DateTime(), nullable=True),
        sa.Column("source", sa.String(length=32), nullable=True),
        sa.Column("source_id", sa.String(length=80), nullable=True),
        sa.Column("source_data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("stars <= 5", name=op.f("ck_product_reviews_stars_max")),
        sa.CheckConstraint("stars >= 1", name=op.f("ck_product_reviews_stars_min")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_product_reviews_member_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_lines.id"], name=op.f("fk_product_reviews_order_line_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_product_reviews_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_reviews")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("product_reviews", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_product_reviews_member_id_written_at"), ["member_id", "written_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_product_reviews_order_line_id"), ["order_line_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_product_reviews_product_id_is_shown_written_at"),
            ["product_id", "is_shown", "written_at"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_product_reviews_stars_written_at"), ["stars", "written_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_product_reviews_written_at_id"), ["written_at", "id"], unique=False)
        batch_op.create_index(
            "uq_product_reviews_source_source_id",
            ["source", "source_id"],
            unique=True,
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )

    op.create_table(
        "refunds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("payment_id", sa.Integer(), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column(
            "channel",
            sa.Enum("mini_program", "web", "app", "store", "imported", name="channel", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column(
            "status",
            sa.Enum("requested", "refunded", "refused", name="refundstatus", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("requested_at", sa.DateTime(), nullable=False),
        sa.Column("refunded_at", sa.DateTime(), nullable=True),
        sa.Column("source", sa.String(length=32), nullable=True),
        sa.Column("source_id", sa.String(length=80), nullable=True),
        sa.Column("source_data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_refunds_amount_min")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_refunds_member_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_refunds_order_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_refunds_payment_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("number", name=op.f("uq_refunds_number")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refunds_amount_id"), ["amount", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_refunds_member_id_requested_at_id"), ["member_id", "requested_at", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_refunds_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_refunds_payment_id"), ["payment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_refunds_refunded_at_id"), ["refunded_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_refunds_requested_at_id"), ["requested_at", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_refunds_status_requested_at_id"), ["status", "requested_at", "id"], unique=False
        )
        batch_op.create_index(
            "uq_refunds_source_source_id",
            ["source", "source_id"],
            unique=True,
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )

    op.create_table(
        "refund_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("refund_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=True),
        sa.Column("product_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_refund_lines_amount_min")),
        sa.CheckConstraint("quantity <= 10000000", name=op.f("ck_refund_lines_quantity_max")),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_refund_lines_quantity_min")),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_lines.id"], name=op.f("fk_refund_lines_order_line_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_refund_lines_product_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["refunds.id"], name=op.f("fk_refund_lines_refund_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_lines")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("refund_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refund_lines_order_line_id"), ["order_line_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_refund_lines_product_id"), ["product_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_refund_lines_refund_id"), ["refund_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("refund_lines", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refund_lines_refund_id"))
        batch_op.drop_index(batch_op.f("ix_refund_lines_product_id"))
        batch_op.drop_index(batch_op.f("ix_refund_lines_order_line_id"))

    op.drop_table("refund_lines")
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_refunds_source_source_id",
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_refunds_status_requested_at_id"))
        batch_op.drop_index(batch_op.f("ix_refunds_requested_at_id"))
        batch_op.drop_index(batch_op.f("ix_refunds_refunded_at_id"))
        batch_op.drop_index(batch_op.f("ix_refunds_payment_id"))
        batch_op.drop_index(batch_op.f("ix_refunds_order_id"))
        batch_op.drop_index(batch_op.f("ix_refunds_member_id_requested_at_id"))
        batch_op.drop_index(batch_op.f("ix_refunds_amount_id"))

    op.drop_table("refunds")
    with op.batch_alter_table("product_reviews", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_product_reviews_source_source_id",
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_product_reviews_written_at_id"))
        batch_op.drop_index(batch_op.f("ix_product_reviews_stars_written_at"))
        batch_op.drop_index(batch_op.f("ix_product_reviews_product_id_is_shown_written_at"))
        batch_op.drop_index(batch_op.f("ix_product_reviews_order_line_id"))
        batch_op.drop_index(batch_op.f("ix_product_reviews_member_id_written_at"))

    op.drop_table("product_reviews")
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payments_status_paid_at_id"))
        batch_op.drop_index(batch_op.f("ix_payments_paid_at_id"))
        batch_op.drop_index(batch_op.f("ix_payments_order_id"))
        batch_op.drop_index(batch_op.f("ix_payments_method_paid_at_id"))
        batch_op.drop_index(batch_op.f("ix_payments_amount_id"))

    op.drop_table("payments")
    with op.batch_alter_table("order_lines", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_lines_sku_id"))
        batch_op.drop_index(batch_op.f("ix_order_lines_product_id"))
        batch_op.drop_index(batch_op.f("ix_order_lines_order_id"))

    op.drop_table("order_lines")
    with op.batch_alter_table("order_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_events_order_id_happened_at"))

    op.drop_table("order_events")
    with op.batch_alter_table("skus", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_skus_source_source_id",
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_skus_product_id_sort_order"))

    op.drop_table("skus")
    with op.batch_alter_table("product_tag_links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_product_tag_links_tag_id_product_id"))

    op.drop_table("product_tag_links")
    with op.batch_alter_table("product_specifications", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_product_specifications_source_source_id",
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )

    op.drop_table("product_specifications")
    with op.batch_alter_table("product_attributes", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_product_attributes_source_source_id",
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_product_attributes_product_id_sort_order"))

    op.drop_table("product_attributes")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_orders_source_source_id",
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_orders_tracking_number"))
        batch_op.drop_index(batch_op.f("ix_orders_total_amount_id"))
        batch_op.drop_index(batch_op.f("ix_orders_status_total_amount_id"))
        batch_op.drop_index(batch_op.f("ix_orders_status_placed_at_id"))
        batch_op.drop_index(batch_op.f("ix_orders_placed_at_id"))
        batch_op.drop_index(batch_op.f("ix_orders_paid_at_id"))
        batch_op.drop_index(batch_op.f("ix_orders_member_id_placed_at_id"))
        batch_op.drop_index(batch_op.f("ix_orders_channel_placed_at_id"))

    op.drop_table("orders")
    with op.batch_alter_table("member_tag_links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_member_tag_links_tag_id_member_id"))

    op.drop_table("member_tag_links")
    with op.batch_alter_table("member_notes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_member_notes_member_id_created_at"))
        batch_op.drop_index(batch_op.f("ix_member_notes_created_at_id"))

    op.drop_table("member_notes")
    with op.batch_alter_table("addresses", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_addresses_source_source_id",
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "uq_addresses_default", sqlite_where=sa.text("is_default"), postgresql_where=sa.text("is_default")
        )
        batch_op.drop_index(batch_op.f("ix_addresses_member_id"))

    op.drop_table("addresses")
    with op.batch_alter_table("ab_permission_view_role", schema=None) as batch_op:
        batch_op.drop_index("idx_role_id")
        batch_op.drop_index("idx_permission_view_id")

    op.drop_table("ab_permission_view_role")
    with op.batch_alter_table("staff_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_sessions_user_id"))

    op.drop_table("staff_sessions")
    op.drop_table("staff_second_factors")
    with op.batch_alter_table("staff_recovery_codes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_recovery_codes_user_id"))

    op.drop_table("staff_recovery_codes")
    op.drop_table("staff_preferences")
    op.drop_table("staff_accounts")
    with op.batch_alter_table("comment_mentions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comment_mentions_user_id_read_at_id"))

    op.drop_table("comment_mentions")
    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comments_table_name_record_id_id"))
        batch_op.drop_index(batch_op.f("ix_comments_author_id_id"))

    op.drop_table("comments")
    with op.batch_alter_table("saved_views", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_saved_views_role_id"))

    op.drop_table("saved_views")
    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_products_source_source_id",
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_products_updated_at_id"))
        batch_op.drop_index(batch_op.f("ix_products_stock_id"))
        batch_op.drop_index(batch_op.f("ix_products_sort_order_id"))
        batch_op.drop_index(batch_op.f("ix_products_price_id"))
        batch_op.drop_index(batch_op.f("ix_products_name_id"))
        batch_op.drop_index(batch_op.f("ix_products_list_at"))
        batch_op.drop_index(batch_op.f("ix_products_is_listed_stock"))
        batch_op.drop_index(batch_op.f("ix_products_is_listed_price"))
        batch_op.drop_index(batch_op.f("ix_products_is_listed_has_picture"))
        batch_op.drop_index(batch_op.f("ix_products_is_listed_sort_order_id"))
        batch_op.drop_index(batch_op.f("ix_products_delist_at"))
        batch_op.drop_index(batch_op.f("ix_products_created_at_id"))
        batch_op.drop_index(batch_op.f("ix_products_category_id_is_listed_sort_order_id"))
        batch_op.drop_index(batch_op.f("ix_products_brand_id_is_listed_sort_order_id"))

    op.drop_table("products")
    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_members_source_source_id",
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_members_registered_at_id"))
        batch_op.drop_index(batch_op.f("ix_members_province_registered_at_id"))
        batch_op.drop_index(batch_op.f("ix_members_paid_amount_id"))
        batch_op.drop_index(batch_op.f("ix_members_order_count_id"))
        batch_op.drop_index(batch_op.f("ix_members_nickname_id"))
        batch_op.drop_index(batch_op.f("ix_members_level_id_registered_at_id"))
        batch_op.drop_index(batch_op.f("ix_members_last_seen_at_id"))
        batch_op.drop_index(batch_op.f("ix_members_last_ordered_at_id"))
        batch_op.drop_index(batch_op.f("ix_members_channel_registered_at_id"))
        batch_op.drop_index(batch_op.f("ix_members_is_blocked_registered_at_id"))

    op.drop_table("members")
    op.drop_table("ab_user_role")
    with op.batch_alter_table("ab_user_group", schema=None) as batch_op:
        batch_op.drop_index("idx_user_id")
        batch_op.drop_index("idx_user_group_id")

    op.drop_table("ab_user_group")
    with op.batch_alter_table("ab_permission_view", schema=None) as batch_op:
        batch_op.drop_index("idx_view_menu_id")
        batch_op.drop_index("idx_permission_id")

    op.drop_table("ab_permission_view")
    with op.batch_alter_table("ab_group_role", schema=None) as batch_op:
        batch_op.drop_index("idx_group_role_id")
        batch_op.drop_index("idx_group_id")

    op.drop_table("ab_group_role")
    with op.batch_alter_table("ab_api_key", schema=None) as batch_op:
        batch_op.drop_index("idx_api_key_user_id")
        batch_op.drop_index("idx_api_key_prefix")
        batch_op.drop_index("idx_api_key_lookup_hash")

    op.drop_table("ab_api_key")
    op.drop_table("staff_starter_roles")
    op.drop_table("staff_permission_state")
    op.drop_table("settings")
    op.drop_table("scheduled_jobs")
    op.drop_table("sales_progress")
    op.drop_table("sales_payers")
    op.drop_table("sales_marks")
    op.drop_table("sales_days")
    op.drop_table("sales_categories")
    with op.batch_alter_table("regions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_regions_parent_id"))
        batch_op.drop_index(batch_op.f("ix_regions_name_id"))
        batch_op.drop_index(batch_op.f("ix_regions_level"))

    op.drop_table("regions")
    op.drop_table("product_tags")
    op.drop_table("member_tags")
    with op.batch_alter_table("member_levels", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_member_levels_source_source_id",
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )

    op.drop_table("member_levels")
    op.drop_table("leader_leases")
    with op.batch_alter_table("later_jobs", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_later_jobs_watched",
            sqlite_where=sa.text("watcher_id IS NOT NULL"),
            postgresql_where=sa.text("watcher_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "uq_later_jobs_key", sqlite_where=sa.text("state = 'todo'"), postgresql_where=sa.text("state = 'todo'")
        )
        batch_op.drop_index("ix_later_jobs_task_id")
        batch_op.drop_index(
            "ix_later_jobs_todo", sqlite_where=sa.text("state = 'todo'"), postgresql_where=sa.text("state = 'todo'")
        )
        batch_op.drop_index(
            "ix_later_jobs_finished",
            sqlite_where=sa.text("finished_at IS NOT NULL"),
            postgresql_where=sa.text("finished_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_later_jobs_failed",
            sqlite_where=sa.text("state = 'failed'"),
            postgresql_where=sa.text("state = 'failed'"),
        )
        batch_op.drop_index(
            "ix_later_jobs_doing", sqlite_where=sa.text("state = 'doing'"), postgresql_where=sa.text("state = 'doing'")
        )

    op.drop_table("later_jobs")
    with op.batch_alter_table("job_runs", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_job_runs_firing",
            sqlite_where=sa.text("trigger = 'schedule'"),
            postgresql_where=sa.text("trigger = 'schedule'"),
        )
        batch_op.drop_index(
            "uq_job_runs_doing", sqlite_where=sa.text("state = 'doing'"), postgresql_where=sa.text("state = 'doing'")
        )
        batch_op.drop_index("ix_job_runs_job_id")
        batch_op.drop_index(
            "ix_job_runs_asked", sqlite_where=sa.text("state = 'asked'"), postgresql_where=sa.text("state = 'asked'")
        )

    op.drop_table("job_runs")
    op.drop_table("files")
    with op.batch_alter_table("categories", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_categories_source_source_id",
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_categories_path"))
        batch_op.drop_index(batch_op.f("ix_categories_parent_id_sort_order"))

    op.drop_table("categories")
    with op.batch_alter_table("brands", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_brands_source_source_id",
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_brands_sort_order_id"))

    op.drop_table("brands")
    op.drop_table("import_rows")
    op.drop_table("imports")
    with op.batch_alter_table("list_files", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_list_files_expires_at"))

    op.drop_table("list_files")
    with op.batch_alter_table("bin_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bin_entries_table_name_id"))
        batch_op.drop_index(batch_op.f("ix_bin_entries_deleted_at"))

    op.drop_table("bin_entries")
    with op.batch_alter_table("audit_lines", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_lines_table_name_record_id_id"))
        batch_op.drop_index(batch_op.f("ix_audit_lines_request_id"))
        batch_op.drop_index(batch_op.f("ix_audit_lines_ip"))
        batch_op.drop_index(batch_op.f("ix_audit_lines_at_id"))
        batch_op.drop_index(batch_op.f("ix_audit_lines_actor_name"))
        batch_op.drop_index(batch_op.f("ix_audit_lines_action_id"))

    op.drop_table("audit_lines")
    op.drop_table("ab_view_menu")
    op.drop_table("ab_user")
    op.drop_table("ab_role")
    op.drop_table("ab_register_user")
    op.drop_table("ab_permission")
    op.drop_table("ab_group")
