/*
 * sweep_fit.c - how many runs this machine takes at once.
 */
#include "sweep/sweep_jobs.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"

enum { PROC_MAX = 1 << 16 };

int sweep_cores(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof set, &set))
		return 1;
	return CPU_COUNT(&set) > 0 ? CPU_COUNT(&set) : 1;
}

/* Files of the kernel have no size, so they are read as streams. */
static bool read_line(const char *path, const char *key, char *line, size_t cap)
{
	FILE *f = fopen(path, "re");
	bool found = false;

	while (f && !found && fgets(line, (int)cap, f))
		found = str_starts(line, key);
	if (f)
		fclose(f);
	return found;
}

static uint64_t first_number(const char *line)
{
	char digits[24];
	size_t n;
	uint64_t x = 0;

	line += strcspn(line, "0123456789");
	n = strspn(line, "0123456789");
	str_format(digits, sizeof digits, "%.*s", (int)n, line);
	return parse_u64(digits, &x) ? x : 0;
}

/* What the control group leaves (version 2); without one, or a limit: all there is. */
static uint64_t group_leaves(void)
{
	char line[512], path[PATH_MAX];
	uint64_t most, now;

	if (!read_line("/proc/self/cgroup", "0::", line, sizeof line))
		return UINT64_MAX;
	line[strcspn(line, "\n")] = '\0';
	str_format(path, sizeof path, "/sys/fs/cgroup%s/memory.max", line + 3);
	if (!read_line(path, "", line, sizeof line) || str_starts(line, "max"))
		return UINT64_MAX;
	most = first_number(line);
	if (!read_line("/proc/self/cgroup", "0::", line, sizeof line))
		return UINT64_MAX;
	line[strcspn(line, "\n")] = '\0';
	str_format(path, sizeof path, "/sys/fs/cgroup%s/memory.current", line + 3);
	now = read_line(path, "", line, sizeof line) ? first_number(line) : 0;
	return most > now ? most - now : 1;
}

uint64_t sweep_free_memory(void)
{
	char line[256];
	uint64_t bytes = 0, group;

	if (read_line("/proc/meminfo", "MemAvailable:", line, sizeof line))
		bytes = first_number(line) * 1024;
	group = group_leaves();
	return group < bytes ? group : bytes;
}

int sweep_jobs_fit(int cores, int workers, uint64_t memory, uint64_t one, int points)
{
	int jobs = workers > 0 && cores / workers > 0 ? cores / workers : 1;

	if (memory && one && memory / one < (uint64_t)jobs)
		jobs = memory / one > 0 ? (int)(memory / one) : 1;
	if (jobs > points)
		jobs = points;
	return jobs > 0 ? jobs : 1;
}
