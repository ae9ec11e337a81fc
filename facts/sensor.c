/* SPDX-License-Identifier: MIT */
/* Memory controllers (EDAC) and temperatures (hwmon; thermal zones where there is no hwmon). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "facts/collect.h"
#include "facts/listing.h"
#include "facts/value.h"

static int append_sensor(struct shmg_look *look, enum shmg_sensor_kind kind, const char *source,
			 struct shmg_sensor **ret_row)
{
	struct shmg_sensor *row = SHMG_APPEND(&look->facts->sensors);
	if (!row)
		return -ENOMEM;
	shmg_record_set_unknown(&shmg_sensor_type, row);
	row->kind = (uint8_t)kind;
	row->source = shmg_pool_format(&look->facts->pool, "/%s", source);
	if (!row->source) {
		look->facts->sensors.count--;
		return -ENOMEM;
	}
	*ret_row = row;
	return 0;
}

/* "FIRST SECOND", where the second is the text of a file; `otherwise` where it has none. */
static int name_sensor(struct shmg_look *look, const char *first, const char *path, const char *otherwise,
		       struct shmg_sensor *row)
{
	char second[256];
	int code = shmg_value_read(look, path, second, sizeof second);
	if (code == -ENOMEM)
		return code;
	const char *end = !code && *second ? second : otherwise;
	row->name = shmg_pool_format(&look->facts->pool, "%s%s%s", first, *first && *end ? " " : "", end);
	return row->name ? 0 : -ENOMEM;
}

static int read_attribute(struct shmg_look *look, const char *prefix, const char *name, uint64_t *ret_number)
{
	char path[SHMG_VALUE_PATH];
	shmg_value_path(path, "%s%s", prefix, name);
	return shmg_value_number(look, path, ret_number);
}

/* A register that nobody set reads 0: no part must stay below 0 °C. */
static int read_limit(struct shmg_look *look, const char *prefix, const char *name, uint64_t *ret_limit)
{
	uint64_t limit;
	int code = read_attribute(look, prefix, name, &limit);
	if (!code)
		*ret_limit = limit ? limit : SHMG_U64_UNKNOWN;
	return code;
}

static int collect_controller(struct shmg_look *look, const char *name)
{
	char directory[SHMG_VALUE_PATH], path[SHMG_VALUE_PATH];
	struct shmg_sensor *row;

	shmg_value_path(directory, "sys/devices/system/edac/mc/%s/", name);
	shmg_value_path(path, "sys/devices/system/edac/mc/%s", name);
	int code = append_sensor(look, SHMG_SENSOR_MEMORY, path, &row);
	if (code)
		return code;
	code = read_attribute(look, directory, "ce_count", &row->corrected);
	if (!code)
		code = read_attribute(look, directory, "ue_count", &row->uncorrected);
	shmg_value_path(path, "%smc_name", directory);
	return code ? code : name_sensor(look, name, path, "", row);
}

/* `prefix` ends with "tempN". */
static int collect_temperature(struct shmg_look *look, const char *chip, const char *prefix, const char *input)
{
	char path[SHMG_VALUE_PATH];
	struct shmg_sensor *row;
	uint64_t fault;

	shmg_value_path(path, "%s_input", prefix);
	int code = append_sensor(look, SHMG_SENSOR_TEMPERATURE, path, &row);
	if (!code)
		code = shmg_value_number(look, path, &row->value);
	if (!code)
		code = read_limit(look, prefix, "_max", &row->maximum);
	if (!code)
		code = read_limit(look, prefix, "_crit", &row->critical);
	if (!code)
		code = read_attribute(look, prefix, "_fault", &fault);
	if (code)
		return code;
	/* A probe that is not connected still has a number. */
	if (fault != 0 && fault != SHMG_U64_UNKNOWN)
		row->value = SHMG_U64_UNKNOWN;
	shmg_value_path(path, "%s_label", prefix);
	return name_sensor(look, chip, path, input, row);
}

static int collect_chip(struct shmg_look *look, const char *hwmon)
{
	char directory[SHMG_VALUE_PATH], path[SHMG_VALUE_PATH], chip[64];
	SHMG_AUTO_LISTING inputs = { 0 };

	shmg_value_path(directory, "sys/class/hwmon/%s", hwmon);
	shmg_value_path(path, "%s/name", directory);
	int code = shmg_value_read(look, path, chip, sizeof chip);
	if (code == -ENOMEM)
		return code;
	if (code)
		(void)snprintf(chip, sizeof chip, "%.63s", hwmon);
	code = shmg_listing_read(look, directory, "temp[0-9]*_input", &inputs);
	for (size_t i = 0; i < inputs.count && !code; i++) {
		char *input = inputs.items[i];
		input[strlen(input) - strlen("_input")] = '\0';
		shmg_value_path(path, "%s/%s", directory, input);
		code = collect_temperature(look, chip, path, input);
	}
	return code;
}

/* A zone's trip points say what happens at which temperature. */
static int read_trip_points(struct shmg_look *look, const char *directory, struct shmg_sensor *row)
{
	SHMG_AUTO_LISTING types = { 0 };
	int code = shmg_listing_read(look, directory, "trip_point_[0-9]*_type", &types);

	for (size_t i = 0; i < types.count && !code; i++) {
		char path[SHMG_VALUE_PATH], type[32];
		char *name = types.items[i];
		shmg_value_path(path, "%s/%s", directory, name);
		code = shmg_value_read(look, path, type, sizeof type);
		uint64_t *limit = code                            ? NULL
				  : strcmp(type, "critical") == 0 ? &row->critical
				  : strcmp(type, "hot") == 0      ? &row->maximum
								  : NULL;
		if (code == -ENOENT)
			code = 0;
		if (!limit)
			continue;
		name[strlen(name) - strlen("type")] = '\0';
		shmg_value_path(path, "%s/%s", directory, name);
		code = read_limit(look, path, "temp", limit);
	}
	return code;
}

static int collect_zone(struct shmg_look *look, const char *zone)
{
	char directory[SHMG_VALUE_PATH], path[SHMG_VALUE_PATH];
	struct shmg_sensor *row;

	shmg_value_path(directory, "sys/class/thermal/%s", zone);
	shmg_value_path(path, "%s/temp", directory);
	int code = append_sensor(look, SHMG_SENSOR_TEMPERATURE, path, &row);
	if (!code)
		code = shmg_value_number(look, path, &row->value);
	if (!code)
		code = read_trip_points(look, directory, row);
	shmg_value_path(path, "%s/type", directory);
	return code ? code : name_sensor(look, "", path, zone, row);
}

static int collect_each(struct shmg_look *look, const char *directory, const char *pattern,
			int (*collect)(struct shmg_look *, const char *))
{
	SHMG_AUTO_LISTING names = { 0 };
	int code = shmg_listing_read(look, directory, pattern, &names);
	for (size_t i = 0; i < names.count && !code; i++)
		code = collect(look, names.items[i]);
	return code;
}

int shmg_collect_sensors(struct shmg_look *look)
{
	int code = collect_each(look, "sys/devices/system/edac/mc", "mc[0-9]*", collect_controller);
	if (code)
		return code;
	size_t before = look->facts->sensors.count;
	code = collect_each(look, "sys/class/hwmon", "hwmon[0-9]*", collect_chip);
	if (!code && look->facts->sensors.count == before)
		code = collect_each(look, "sys/class/thermal", "thermal_zone[0-9]*", collect_zone);
	return code;
}
