/* SPDX-License-Identifier: MIT */
/* Control groups as real engines name them → the unit or container. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "facts/collect.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *cgroup, *unit;
	bool container;
} cases[] = {
	{ "0::/system.slice/postgresql@15-main.service\n", "postgresql@15-main.service", false },
	{ "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-chromium-77.scope\n", "app-chromium-77.scope",
	  false },
	{ "0::/\n", NULL, false },
	{ "", NULL, false },
	{ "garbage", NULL, false },
	{ "0::/system.slice/docker-" ID ".scope\n", "docker:0123456789ab", true },
	{ "0::/docker/" ID "\n", "docker:0123456789ab", true },
	{ "12:memory:/docker/" ID "\n1:name=systemd:/\n", "docker:0123456789ab", true },
	{ "0::/machine.slice/libpod-" ID ".scope/container\n", "podman:0123456789ab", true },
	{ "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope\n", "containerd:0123456789ab", true },
	{ "0::/kubepods/besteffort/pod8a/" ID "\n", "container:0123456789ab", true },
	{ "0::/kubepods.slice/crio-" ID ".scope\n", "crio:0123456789ab", true },
	{ "0::/lxc.payload.web/system.slice/nginx.service\n", "lxc:web", true },
	{ "4:cpu:/lxc/web\n", "lxc:web", true },
	{ "0::/machine.slice/machine-debian.scope/payload\n", "machine:debian", true },
	/* A unit may not pass for a container by half a name. */
	{ "0::/system.slice/docker-0123.scope\n", "docker-0123.scope", false },
	{ "0::/system.slice/docker.service\n", "docker.service", false },
	/* A path with a colon; the last line without an end. */
	{ "3:cpu,cpuacct:/a:b/x.service\n1:name=systemd:/system.slice/y.service", "y.service", false },
};

static void units_are_found(void **state)
{
	(void)state;
	struct shmg_pool pool = { 0 };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		bool container = !cases[i].container;
		const char *unit = shmg_unit_of_cgroup(&pool, cases[i].cgroup, &container);
		if (cases[i].unit) {
			assert_non_null(unit);
			assert_string_equal(unit, cases[i].unit);
			assert_ptr_equal(unit, shmg_unit_of_cgroup(&pool, cases[i].cgroup, &container));
		} else {
			assert_null(unit);
		}
		assert_int_equal(container, cases[i].container);
	}
	shmg_pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(units_are_found) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
