/* nop.c - the program that start-up is measured with: nothing, static. */
int main(void)
{
	return 0;
}
