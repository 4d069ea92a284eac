/* include: preamble.h */
/* The setters of user memory, set_ptes and get_and_clear_ptes: no account of the linear map knows of them. */
/* expect: nothing */
pte_t start_change(struct vm_area_struct *vma, unsigned long va, pte_t *slot, unsigned int nr)
{
	return get_and_clear_ptes(vma->vm_mm, va, slot, nr);
}

void commit_change(struct vm_area_struct *vma, unsigned long va, pte_t *slot, pte_t was, pte_t now, unsigned int nr)
{
	set_ptes(vma->vm_mm, va, slot, now, nr);
}
