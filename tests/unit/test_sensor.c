/* SPDX-License-Identifier: MIT */
#include "tests/unit/look.h"

#define NONE SHMG_U64_UNKNOWN

struct expected {
	enum shmg_sensor_kind kind;
	const char *name, *source;
	uint64_t corrected, uncorrected, value, maximum, critical;
};

static void compare(const char *root, const struct expected *expected, size_t count)
{
	struct shmg_look look;

	open_look(&look, root);
	assert_int_equal(shmg_collect_sensors(&look), 0);
	assert_int_equal(look.facts->sensors.count, count);
	for (size_t i = 0; i < count; i++) {
		const struct shmg_sensor *row = &look.facts->sensors.items[i];
		assert_string_equal(row->source, expected[i].source);
		assert_string_equal(row->name, expected[i].name);
		assert_int_equal(row->kind, expected[i].kind);
		assert_int_equal(row->corrected, expected[i].corrected);
		assert_int_equal(row->uncorrected, expected[i].uncorrected);
		assert_int_equal(row->value, expected[i].value);
		assert_int_equal(row->maximum, expected[i].maximum);
		assert_int_equal(row->critical, expected[i].critical);
	}
	assert_int_equal(look.facts->coverage.count, 0);
	close_look(&look);
}

static void reads_controllers_and_chips(void **state)
{
	static const struct expected expected[] = {
		{ SHMG_SENSOR_MEMORY, "mc0 skx_edac", "/sys/devices/system/edac/mc/mc0", 17, 0, NONE, NONE, NONE },
		{ SHMG_SENSOR_MEMORY, "mc1", "/sys/devices/system/edac/mc/mc1", 3, NONE, NONE, NONE, NONE },
		{ SHMG_SENSOR_TEMPERATURE, "coretemp Package id 0", "/sys/class/hwmon/hwmon0/temp1_input", NONE, NONE,
		  45000, 80000, 100000 },
		/* Below zero is not a number here; a limit of 0 is none. */
		{ SHMG_SENSOR_TEMPERATURE, "coretemp temp2", "/sys/class/hwmon/hwmon0/temp2_input", NONE, NONE, NONE,
		  NONE, NONE },
		{ SHMG_SENSOR_TEMPERATURE, "coretemp temp10", "/sys/class/hwmon/hwmon0/temp10_input", NONE, NONE, 44000,
		  NONE, NONE },
		/* Its probe is not connected. */
		{ SHMG_SENSOR_TEMPERATURE, "nct temp3", "/sys/class/hwmon/hwmon2/temp3_input", NONE, NONE, NONE, NONE,
		  NONE },
		{ SHMG_SENSOR_TEMPERATURE, "hwmon10 temp1", "/sys/class/hwmon/hwmon10/temp1_input", NONE, NONE, 33000,
		  NONE, NONE },
	};

	(void)state;
	compare(SHMG_FIXTURES "/hosts/sensors", expected, sizeof expected / sizeof *expected);
}

static void falls_back_to_thermal_zones(void **state)
{
	static const struct expected expected[] = {
		{ SHMG_SENSOR_TEMPERATURE, "cpu-thermal", "/sys/class/thermal/thermal_zone0/temp", NONE, NONE, 91000,
		  85000, 95000 },
	};

	(void)state;
	compare(SHMG_FIXTURES "/hosts/thermal-only", expected, 1);
}

static void has_no_rows_without_sensors(void **state)
{
	(void)state;
	compare(SHMG_FIXTURES "/hosts/hardened", NULL, 0);
}

static void looks_at_this_machine(void **state)
{
	struct shmg_look look;

	(void)state;
	open_look(&look, NULL);
	assert_int_equal(shmg_collect_sensors(&look), 0);
	SHMG_FOREACH(row, &look.facts->sensors) {
		assert_non_null(row->name);
		assert_int_equal(strncmp(row->source, "/sys/", 5), 0);
		bool is_memory = row->kind == SHMG_SENSOR_MEMORY;
		assert_int_equal((is_memory ? row->value : row->corrected), SHMG_U64_UNKNOWN);
	}
	close_look(&look);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_controllers_and_chips),
		cmocka_unit_test(falls_back_to_thermal_zones),
		cmocka_unit_test(has_no_rows_without_sensors),
		cmocka_unit_test(looks_at_this_machine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
