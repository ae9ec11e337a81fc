/* SPDX-License-Identifier: MIT */
/*
 * Names of the settings that shmg_collect_settings gathers, beyond sysctls under their own names.
 * A setting that the machine does not have has no row.
 *
 *   sysctls: kernel.shmmax, kernel.shmall, kernel.shmmni, kernel.shm_rmid_forced, kernel.yama.ptrace_scope,
 *            kernel.unprivileged_bpf_disabled, kernel.unprivileged_userns_clone, kernel.core_pattern,
 *            kernel.core_uses_pid, kernel.kptr_restrict, kernel.randomize_va_space, fs.suid_dumpable,
 *            vm.memfd_noexec, vm.unprivileged_userfaultfd, vm.overcommit_memory, vm.overcommit_ratio, vm.swappiness,
 *            vm.nr_hugepages, vm.nr_overcommit_hugepages, vm.hugetlb_shm_group, vm.max_map_count,
 *            fs.protected_symlinks, fs.protected_hardlinks, fs.protected_regular, fs.protected_fifos,
 *            user.max_user_namespaces, user.max_ipc_namespaces
 */
#ifndef SHMG_FACTS_SETTINGS_H
#define SHMG_FACTS_SETTINGS_H

#define SHMG_SETTING_RELEASE "release"		       /* uname -r */
#define SHMG_SETTING_MEMORY "memory.total"	       /* bytes */
#define SHMG_SETTING_MEMORY_SHARED "memory.shmem"      /* Shmem of /proc/meminfo, bytes */
#define SHMG_SETTING_SWAP_TOTAL "swap.total"	       /* bytes */
/* hugepages.SIZE.total|free|reserved|surplus, SIZE in kB: "hugepages.2048.total" */
#define SHMG_SETTING_HUGEPAGES "hugepages."
#define SHMG_SETTING_LSM "lsm"			       /* /sys/kernel/security/lsm */
#define SHMG_SETTING_SELINUX "selinux"		       /* "enforcing", "permissive" or "disabled" */
#define SHMG_SETTING_APPARMOR "apparmor"	       /* "enabled" or "disabled" */
#define SHMG_SETTING_APPARMOR_PROFILES "apparmor.profiles" /* how many in enforce mode */
#define SHMG_SETTING_LOCKDOWN "lockdown"	       /* "none", "integrity", "confidentiality" */
#define SHMG_SETTING_SYSTEMD "systemd"		       /* "running" where systemd is pid 1 (/run/systemd/system) */

#endif
