/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A sweep as an array job of Slurm. Task K runs part K of N into a results file
 * of its own, beside the sweep's; sbatch --wait says when all have ended. What a
 * part has finished stays there, so that a job that was lost is only gone on with.
 */
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/sweep.h"

extern char **environ;

static void put_quoted(FILE *f, const char *text)
{
	fputc('\'', f);
	for (; *text; text++)
		fputs(*text == '\'' ? "'\\''" : (char[]){ *text, '\0' }, f);
	fputc('\'', f);
}

static int self_path(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 1);

	if (n < 0)
		return -errno;
	path[n] = '\0';
	return 0;
}

static int write_script(const char *path, const char *spec, const char *dir, u32 nr_parts)
{
	char self[4096];
	int err = self_path(self, sizeof(self));
	FILE *f;

	if (err)
		return err;
	f = fopen(path, "we");
	if (!f)
		return -errno;
	fprintf(f, "#!/bin/sh\n#SBATCH --job-name=scxlab-sweep\n#SBATCH --array=0-%u\n",
		nr_parts - 1);
	/* A failed cell (5) is in the results; only what is not there fails the job. */
	put_quoted(f, self);
	fputs(" sweep ", f);
	put_quoted(f, spec);
	fprintf(f, " --part \"$SLURM_ARRAY_TASK_ID/%u\" --jobs \"${SLURM_CPUS_ON_NODE:-1}\" \\\n"
		   "\t--format csv --results ", nr_parts);
	put_quoted(f, dir);
	fprintf(f, "/\"$SLURM_ARRAY_TASK_ID.results\" > /dev/null\n"
		   "code=$?\n[ $code -eq %d ] || exit $code\n", CLI_CELL_FAILED);
	return fclose(f) ? -errno : 0;
}

/*
 * sbatch's exit status, or -errno. The tasks run where we are, so that paths mean
 * there what they mean here.
 */
static int submit(const char *dir, const char *script)
{
	char output[4300];
	const char *argv[] = { "sbatch", "--wait", output, script, NULL };
	posix_spawn_file_actions_t fa;
	int err, status;
	pid_t pid;

	snprintf(output, sizeof(output), "--output=%s/%%a.log", dir);
	posix_spawn_file_actions_init(&fa);
	/* "Submitted batch job N" is no part of the report. */
	posix_spawn_file_actions_adddup2(&fa, STDERR_FILENO, STDOUT_FILENO);
	err = posix_spawnp(&pid, "sbatch", &fa, NULL, (char **)argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	if (err)
		return -err;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static u32 nr_missing(const struct sweep *sw, u32 *first)
{
	u32 n = 0;

	for (u32 i = sw->nr_cells; i--;) {
		if (sw->cells[i].result.done)
			continue;
		n++;
		*first = i;
	}
	return n;
}

static int gather(struct sweep *sw, const char *dir, u32 nr_parts, struct err_msg *e)
{
	char path[4300];
	int err = 0;

	for (u32 k = 0; k < nr_parts && !err; k++) {
		snprintf(path, sizeof(path), "%s/%u.results", dir, k);
		err = sweep_results_merge(path, sw, e);
	}
	return err;
}

int sweep_slurm(struct sweep *sw, const char *spec, const char *results, u32 nr_parts,
		struct err_msg *e)
{
	char dir[4096], script[4200];
	u32 missing, first = 0;
	int err, code;

	snprintf(dir, sizeof(dir), "%s.parts", results);
	snprintf(script, sizeof(script), "%s/job.sh", dir);
	if (mkdir(dir, 0777) && errno != EEXIST)
		return err_set(e, -errno, "%s: %m", dir);
	err = write_script(script, spec, dir, nr_parts);
	if (err)
		return err_set(e, err, "%s: %s", script, strerror(-err));
	code = submit(dir, script);
	if (code < 0)
		return err_set(e, code, "sbatch cannot be run: %s%s", strerror(-code),
			       code == -ENOENT ? ": is this a machine of the cluster?" : "");
	err = gather(sw, dir, nr_parts, e);
	missing = err ? 0 : nr_missing(sw, &first);
	if (missing)
		err = err_set(e, -EIO,
			      "%u of %u cells are missing, the first in part %u (sbatch ended "
			      "with %d): %s/%u.log says why; the same command goes on",
			      missing, sw->nr_cells, first % nr_parts, code, dir, first % nr_parts);
	return err;
}
