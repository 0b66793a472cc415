/*
 * format.c - numbers as the desk writes them: aligned, short, the same
 * everywhere.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "canvas.h"

const char *fmt_count(char out[24], int64_t n)
{
	char digits[24];
	int len, k = 0;

	len = snprintf(digits, sizeof digits, "%" PRId64, n < 0 ? 0 : n);
	if (len > 15)
		len = 15;
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			out[k++] = ',';
		out[k++] = digits[i];
	}
	out[k] = '\0';
	return out;
}

const char *fmt_brief(char out[24], double x)
{
	static const char unit[] = " kMGTP";
	int u = 0;

	if (!isfinite(x)) {
		str_copy(out, 24, "-");
		return out;
	}
	while (fabs(x) >= 999.5 && u < 5)
		x /= 1000, u++;
	if (u == 0)
		snprintf(out, 24, "%.0f", x);
	else
		snprintf(out, 24, x < 99.95 ? "%.1f%c" : "%.0f%c", x, unit[u]);
	if (u && strlen(out) > 3 && strcmp(out + strlen(out) - 3, ".0k") == 0)
		str_copy(out + strlen(out) - 3, 3, "k");
	return out;
}

const char *fmt_time(char out[24], double seconds)
{
	int64_t s;

	if (!isfinite(seconds) || seconds < 0 || seconds > 8.64e7) {
		str_copy(out, 24, "-");
		return out;
	}
	s = (int64_t)(seconds + 0.5);
	if (s < 60)
		snprintf(out, 24, "%ds", (int)s);
	else if (s < 3600)
		snprintf(out, 24, "%dm%02d", (int)(s / 60), (int)(s % 60));
	else if (s < 86400)
		snprintf(out, 24, "%dh%02d", (int)(s / 3600), (int)(s / 60 % 60));
	else
		snprintf(out, 24, "%dd%02dh", (int)(s / 86400), (int)(s / 3600 % 24));
	return out;
}

const char *fmt_bytes(char out[24], uint64_t bytes)
{
	double mb = (double)bytes / 1e6;

	if (mb < 9999.5)
		snprintf(out, 24, "%.0f MB", mb);
	else
		snprintf(out, 24, "%.1f GB", mb / 1000);
	return out;
}

const char *fmt_value(char out[24], double x)
{
	if (!isfinite(x))
		str_copy(out, 24, "-");
	else if (fabs(x) < 9.9995)
		snprintf(out, 24, "%.3f", x);
	else if (fabs(x) < 9999.5)
		snprintf(out, 24, fabs(x) < 99.995 ? "%.2f" : "%.0f", x);
	else
		snprintf(out, 24, "%.1e", x);
	return out;
}

const char *fmt_rate(char out[24], double x)
{
	char *e;

	if (!isfinite(x)) {
		str_copy(out, 24, "-");
		return out;
	}
	snprintf(out, 24, "%.1e", x);
	e = strchr(out, 'e'); /* 3.0e-04 -> 3.0e-4 */
	if (e && e[2] == '0' && e[3])
		memmove(e + 2, e + 3, strlen(e + 3) + 1);
	return out;
}

const char *fmt_metric(char out[24], double x)
{
	if (!isfinite(x))
		str_copy(out, 24, "-");
	else
		snprintf(out, 24, "%.1f", x * 100);
	return out;
}

bool is_correlation(enum metric_id m)
{
	return metric_table[m].unit == METRIC_CORRELATION;
}

double fmt_scale(enum metric_id m)
{
	return metric_table[m].unit == METRIC_SHARE ? 100 : 1;
}

/* At most five columns. */
static const char *fmt_plain(char out[24], double x)
{
	int digits = fabs(x) < 9.9995 ? 3 : fabs(x) < 999.95 ? 1 : 0;

	snprintf(out, 24, fabs(x) < 99999.5 ? "%.*f" : "%.*e", digits, x);
	return out;
}

/* "0.790" without its nought. */
static void drop_nought(char *s)
{
	char *nought = strstr(s, "0.");

	if (nought && (nought == s || (nought == s + 1 && (*s == '-' || *s == '+'))))
		memmove(nought, nought + 1, strlen(nought));
}

const char *fmt_score(char out[24], enum metric_id m, double x)
{
	if (metric_table[m].unit == METRIC_PLAIN && isfinite(x))
		return fmt_plain(out, x);
	if (!is_correlation(m) || !isfinite(x))
		return fmt_metric(out, x);
	snprintf(out, 24, fabs(x) < .9995 ? "%.3f" : "%.2f", x);
	drop_nought(out);
	return out;
}

const char *fmt_gain(char out[24], enum metric_id m, double x)
{
	if (!isfinite(x))
		str_copy(out, 24, "");
	else if (fabs(x) < .0005)
		str_copy(out, 24, is_correlation(m) ? ".000" : "0.0");
	else
		snprintf(out, 24, is_correlation(m) ? "%+.3f" : "%+.1f",
			 fmt_scale(m) * x);
	if (is_correlation(m))
		drop_nought(out);
	return out;
}

/* A share in percent with so many digits behind the point, anything else with two more. */
static const char *put_measure(char out[24], enum metric_id m, double x, int digits)
{
	if (metric_table[m].unit == METRIC_SHARE)
		snprintf(out, 24, "%.*f%%", digits, 100 * x);
	else
		snprintf(out, 24, "%.*f", digits + 2, x);
	return out;
}

const char *fmt_measure(char out[24], enum metric_id m, double x)
{
	if (isfinite(x))
		return put_measure(out, m, x, 1);
	str_copy(out, 24, "-");
	return out;
}

const char *fmt_figure(char out[24], enum metric_id m, double x)
{
	if (!isnan(x))
		return put_measure(out, m, x, 2);
	str_copy(out, 24, "undefined");
	return out;
}

const char *fmt_percent(char out[24], double part)
{
	if (!isfinite(part))
		str_copy(out, 24, "-");
	else
		snprintf(out, 24, "%.0f%%", part < 0 ? 0 : part > 9.99 ? 999 : part * 100);
	return out;
}
