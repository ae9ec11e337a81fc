/* SPDX-License-Identifier: MIT */
/* What a mapping's protection really lets happen, and which object it is of. */
#include <string.h>

#include "facts/detail.h"

#if defined(__x86_64__) || defined(__i386__)
#define EXECUTE_IMPLIES_READ true /* page tables have no "execute only"; only a protection key can make it so */
#else
#define EXECUTE_IMPLIES_READ false
#endif

uint32_t shmg_vma_enforced(const struct shmg_vma *vma)
{
	uint32_t enforced = 0;
	bool keyed = vma->protection_key != SHMG_U32_UNKNOWN && vma->protection_key != 0;

	if (vma->permissions & SHMG_VMA_READ)
		enforced |= SHMG_PROTECTION_READ;
	/* No processor that Linux runs on has pages that can be written but not read. */
	if (vma->permissions & SHMG_VMA_WRITE)
		enforced |= SHMG_PROTECTION_WRITE | SHMG_PROTECTION_READ;
	if (vma->permissions & SHMG_VMA_EXECUTE)
		enforced |= SHMG_PROTECTION_EXECUTE | (EXECUTE_IMPLIES_READ ? SHMG_PROTECTION_READ : 0u);
	/* PROT_NONE pages are the kernel's alone; the vsyscall page is emulated, never read by user code. */
	if (enforced && strcmp(vma->name, "[vsyscall]") != 0)
		enforced |= SHMG_PROTECTION_USER;
	if (vma->permissions & SHMG_VMA_SHARED)
		enforced |= SHMG_PROTECTION_SHARED;
	if (keyed && enforced & SHMG_PROTECTION_READ)
		enforced |= SHMG_PROTECTION_KEYED;
	if (vma->flags != SHMG_U32_UNKNOWN) {
		enforced |= vma->flags & SHMG_VMA_LOCKED ? SHMG_PROTECTION_LOCKED : 0u;
		enforced |= vma->flags & SHMG_VMA_HUGETLB ? SHMG_PROTECTION_HUGE : 0u;
	}
	if (vma->huge != SHMG_U64_UNKNOWN && vma->huge)
		enforced |= SHMG_PROTECTION_HUGE;
	return enforced;
}

bool shmg_vma_is_of(const struct shmg_vma *vma, const struct shmg_object *object)
{
	/* A segment's inode number is its shmid, on the same device as memfds, which count their own way. */
	bool sysv = strncmp(vma->name, "/SYSV", 5) == 0;
	bool same_dev = object->dev == SHMG_U64_UNKNOWN || object->dev == vma->dev;

	if (object->kind == SHMG_KIND_SYSV)
		return sysv && vma->ino == object->id;
	return vma->ino && vma->ino == object->ino && same_dev &&
	       (!sysv || object->kind == SHMG_KIND_POSIX || object->kind == SHMG_KIND_TMPFS);
}
