# Puts the lock order back that unmap_and_move_huge_page() of mm/migrate.c had
# before commit b7880cb166ab ("migrate: correct lock ordering for hugetlb file
# folios"): i_mmap_rwsem is dropped right after try_to_migrate(), and
# remove_migration_ptes() takes it again, for reading, with the folio locked.
# Later the function is called unmap_and_move_hugetlb_folio(), and what tells
# remove_migration_ptes() of the lock is ttu itself.
#
# usage: awk -f old-lock-order.awk mm/migrate.c > new; exits 1 if the function
# does not look as expected, so that a changed kernel is noticed.

/^static int unmap_and_move_huge(_page|tlb_folio)\(/ { inside = 1 }
inside && /^}/ { inside = 0 }

inside && /^\t\t(page_)?was_mapped = 1;$/ {
	print
	print "\t\tif (ttu & TTU_RMAP_LOCKED)"
	print "\t\t\ti_mmap_unlock_write(mapping);"
	moved++
	next
}
inside && /ttu \? RMP_LOCKED : 0\);$/ { sub(/ttu \? RMP_LOCKED : 0/, "0"); unlocked++ }
inside && /ttu \? true : false\);$/ { sub(/ttu \? true : false/, "false"); unlocked++ }
inside && /remove_migration_ptes\(.*, ttu\);$/ { sub(/ttu\);$/, "0);"); unlocked++ }
inside && /^\tif \(ttu & TTU_RMAP_LOCKED\)$/ {
	getline
	if ($0 ~ /i_mmap_unlock_write\(mapping\);$/)
		dropped++
	else
		dropped = 99
	next
}
{ print }
END { exit !(moved == 1 && unlocked == 1 && dropped == 1) }
