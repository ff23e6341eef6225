/*-------------------------------------------------------------------------
 *
 * clock_watch.c
 *	  The clock's drift in shared memory, and in a file over a restart.
 *
 * Each value is read and written as one; nothing depends on two of them being
 * of one moment. Who books reads; about once a minute one of those who do
 * writes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "access/xact.h"
#include "access/xlog.h"
#include "access/xlogrecovery.h"
#include "catalog/pg_control.h"
#include "common/controldata_utils.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/fd.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

#include "clock_watch.h"
#include "core/policy.h"
#include "crash_mark.h"
#include "errors.h"

#define MEMORY "billing clock"
#define FILE_NAME CRASH_MARK_DIRECTORY "/clock"
#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_SIZE 37
#define MAGIC 0x62696c43 /* "bilC" */

/* What is believed follows the drift no more often. */
#define FOLLOW_US (60 * USECS_PER_SEC)

typedef struct Shared
{
	pg_atomic_uint64 believed_us;
	pg_atomic_uint64 followed_at; /* by boot time */
	pg_atomic_uint64 written_us;
	pg_atomic_uint32 is_past_recovery; /* the WAL replayed has been asked */
	TimeLineID timeline; /* of a server that says more than its own WAL does; 0: of none */
} Shared;

/* What outlives shared memory. */
typedef struct Kept
{
	uint32 magic;
	char boot_id[BOOT_ID_SIZE]; /* the machine has not been started since */
	char data_dir[MAXPGPATH];	/* and this is no copy of another server's */
	int64 believed_us;
	int64 followed_at;
	int64 written_us;
	TimestampTz stopped_at; /* by the clock that was believed; 0: not in order */
} Kept;

/* A confirmation that its transaction has not committed yet. */
typedef struct Confirmation
{
	SubTransactionId by; /* InvalidSubTransactionId: none */
	int64 drift_us;		 /* of the clock that is confirmed */
} Confirmation;

static Shared *shared;
static Kept kept; /* in the postmaster, when shared memory is made anew after a crash */
static Confirmation confirmation = {InvalidSubTransactionId, 0};
static shmem_request_hook_type next_request_hook;
static shmem_startup_hook_type next_startup_hook;

static int64
boot_time_us(void)
{
	struct timespec time;

	(void) clock_gettime(CLOCK_BOOTTIME, &time);
	return (int64) time.tv_sec * USECS_PER_SEC + time.tv_nsec / 1000;
}

/* ---- over a restart ----------------------------------------------------------- */

static bool
read_file(const char *name, void *content, size_t size)
{
	int fd = BasicOpenFile(name, O_RDONLY | PG_BINARY);
	bool is_read = fd >= 0 && read(fd, content, size) == (ssize_t) size;

	if (fd >= 0)
		(void) close(fd);
	return is_read;
}

static bool
is_usable(const char *boot_id)
{
	return kept.magic == MAGIC && boot_id[0] != '\0' &&
		   memcmp(kept.boot_id, boot_id, BOOT_ID_SIZE) == 0;
}

/* What a server of this data directory kept; in the postmaster it is there. */
static void
take_kept(void)
{
	Kept found;

	if (kept.magic != MAGIC && read_file(FILE_NAME, &found, sizeof(found)) &&
		strncmp(found.data_dir, DataDir, MAXPGPATH) == 0)
		kept = found;
}

/* Nobody reads it but who starts next: one that is not whole is none. */
static void
write_kept(void)
{
	int fd;

	(void) MakePGDirectory(CRASH_MARK_DIRECTORY);
	fd = BasicOpenFile(FILE_NAME, O_WRONLY | O_CREAT | O_TRUNC | PG_BINARY);
	if (fd < 0)
		return;
	if (write(fd, &kept, sizeof(kept)) != (ssize_t) sizeof(kept) || pg_fsync(fd) != 0)
		(void) unlink(FILE_NAME);
	(void) close(fd);
}

static void
keep(void)
{
	kept.believed_us = (int64) pg_atomic_read_u64(&shared->believed_us);
	kept.followed_at = (int64) pg_atomic_read_u64(&shared->followed_at);
	kept.written_us = (int64) pg_atomic_read_u64(&shared->written_us);
}

DriftLimits
clock_watch_defaults(void)
{
	return (DriftLimits){policy_catalog[POLICY_CLOCK_JUMP].default_value,
						 policy_catalog[POLICY_CLOCK_GAP].default_value};
}

/* The time by the clock that is kept as believed: one that the server started with may never have
 * been, by the policies' defaults, and then it is the time that was written before. */
static TimestampTz
time_believed(void)
{
	DriftLimits limits = clock_watch_defaults();
	Drift drift = {kept.believed_us, kept.believed_us, kept.written_us};
	bool is_believed = drift_judge(&drift, &limits) == DRIFT_BELIEVED;

	return (is_believed ? kept.believed_us : kept.written_us) + boot_time_us();
}

/* In the postmaster, before shared memory goes: at the end, or since a process crashed. */
static void
at_end(int code, Datum argument)
{
	keep();
	kept.stopped_at = time_believed();
	if (code == 0)
		write_kept();
}

/* ---- the start ------------------------------------------------------------------ */

/* The newest time that the server had written before it started, by the clock it believed where it
 * was stopped in order; 0 where that cannot be read. */
static TimestampTz
time_written(const ControlFileData *control)
{
	if (kept.magic == MAGIC && kept.stopped_at != 0)
		return kept.stopped_at;
	return control ? time_t_to_timestamptz(Max(control->time, control->checkPointCopy.time)) : 0;
}

/* Without anything kept: the clock is believed, as far as what was written agrees. */
static void
begin_anew(const char *boot_id, const ControlFileData *control)
{
	int64 boot_us = boot_time_us();
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz written = time_written(control);

	kept = (Kept){.magic = MAGIC,
				  .believed_us = now - boot_us,
				  .followed_at = boot_us,
				  .written_us = (written ? written : now) - boot_us};
	memcpy(kept.boot_id, boot_id, BOOT_ID_SIZE);
	strlcpy(kept.data_dir, DataDir, MAXPGPATH);
}

/*
 * What is kept while the machine runs is believed, and nothing else need be asked:
 * neither pg_control nor the server's own WAL, which a clock that was not believed
 * may have dated.
 */
static void
start_watching(void)
{
	char boot_id[BOOT_ID_SIZE] = {0};
	bool is_sound;
	ControlFileData *control = get_controlfile(DataDir, &is_sound);

	(void) read_file(BOOT_ID_FILE, boot_id, BOOT_ID_SIZE - 1);
	take_kept();
	shared->timeline = is_sound && is_usable(boot_id) ? control->checkPointCopy.ThisTimeLineID : 0;
	if (!is_usable(boot_id))
		begin_anew(boot_id, is_sound ? control : NULL);
	pfree(control);
	kept.stopped_at = 0;
	write_kept();
	pg_atomic_init_u64(&shared->believed_us, (uint64) kept.believed_us);
	pg_atomic_init_u64(&shared->followed_at, (uint64) kept.followed_at);
	pg_atomic_init_u64(&shared->written_us, (uint64) kept.written_us);
	pg_atomic_init_u32(&shared->is_past_recovery, 0);
}

static void
request_memory(void)
{
	if (next_request_hook)
		next_request_hook();
	RequestAddinShmemSpace(MAXALIGN(sizeof(Shared)));
}

/* The startup process, which writes pg_control, has not begun. */
static void
start_memory(void)
{
	bool found;

	if (next_startup_hook)
		next_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	shared = ShmemInitStruct(MEMORY, sizeof(Shared), &found);
	if (!found)
		start_watching();
	LWLockRelease(AddinShmemInitLock);
	if (!IsUnderPostmaster)
		on_shmem_exit(at_end, (Datum) 0);
}

/* From now on this drift is, and who starts next is told. */
static void
believe(int64 drift_us, int64 boot_us)
{
	pg_atomic_write_u64(&shared->believed_us, (uint64) drift_us);
	pg_atomic_write_u64(&shared->followed_at, (uint64) boot_us);
	keep();
	kept.stopped_at = 0;
	write_kept();
}

/* ---- at commit ------------------------------------------------------------------- */

static void
at_transaction_end(XactEvent event, void *argument)
{
	bool confirms = confirmation.by != InvalidSubTransactionId;

	if (event == XACT_EVENT_PRE_PREPARE && confirms)
		refuse(ERROR_CLOCK_PREPARED);
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT)
		return;
	if (event == XACT_EVENT_COMMIT && confirms)
	{
		pg_atomic_write_u64(&shared->written_us, (uint64) confirmation.drift_us);
		believe(confirmation.drift_us, boot_time_us());
	}
	confirmation.by = InvalidSubTransactionId;
}

/* What is rolled back, and all in it, confirms nothing. */
static void
at_subtransaction_end(SubXactEvent event, SubTransactionId id, SubTransactionId parent,
					  void *argument)
{
	if (event == SUBXACT_EVENT_ABORT_SUB && confirmation.by >= id)
		confirmation.by = InvalidSubTransactionId;
}

void
clock_watch_init(void)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
	next_request_hook = shmem_request_hook;
	shmem_request_hook = request_memory;
	next_startup_hook = shmem_startup_hook;
	shmem_startup_hook = start_memory;
	RegisterXactCallback(at_transaction_end, NULL);
	RegisterSubXactCallback(at_subtransaction_end, NULL);
}

/*
 * Once after recovery: the newest transaction that was replayed says better than
 * pg_control, which is this server's, when the books left off. After a crash it is
 * the server's own, of the same timeline.
 */
static void
ask_recovery(int64 boot_us)
{
	TimestampTz replayed;

	if (pg_atomic_read_u32(&shared->is_past_recovery) != 0 || RecoveryInProgress())
		return;
	replayed = GetLatestXTime();
	if (replayed != 0 && GetWALInsertionTimeLine() != shared->timeline)
		pg_atomic_write_u64(&shared->written_us, (uint64) (replayed - boot_us));
	pg_atomic_write_u32(&shared->is_past_recovery, 1);
}

ClockWatch
clock_watch_read(TimestampTz now)
{
	ClockWatch watch = {.is_watched = shared != NULL};

	if (shared == NULL)
		return watch;
	watch.boot_us = boot_time_us();
	ask_recovery(watch.boot_us);
	watch.drift.now_us = now - watch.boot_us;
	watch.drift.believed_us = (int64) pg_atomic_read_u64(&shared->believed_us);
	watch.drift.written_us = (int64) pg_atomic_read_u64(&shared->written_us);
	return watch;
}

void
clock_watch_follow(const ClockWatch *watch)
{
	uint64 followed_at = pg_atomic_read_u64(&shared->followed_at);
	int64 elapsed_us = watch->boot_us - (int64) followed_at;
	int64 step_us;

	if (elapsed_us < FOLLOW_US || !pg_atomic_compare_exchange_u64(
									  &shared->followed_at, &followed_at, (uint64) watch->boot_us))
		return;
	step_us = drift_follow(&watch->drift, elapsed_us) - watch->drift.believed_us;
	(void) pg_atomic_fetch_add_u64(&shared->believed_us, step_us);
	(void) pg_atomic_fetch_add_u64(&shared->written_us, step_us);
}

void
clock_watch_replace(const ClockWatch *watch)
{
	believe(watch->drift.now_us, watch->boot_us);
}

void
clock_watch_confirm(const ClockWatch *watch)
{
	confirmation.drift_us = watch->drift.now_us;
	if (confirmation.by == InvalidSubTransactionId)
		confirmation.by = GetCurrentSubTransactionId();
}
