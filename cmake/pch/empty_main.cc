// A program, so that the precompiled header beside it is made as programs are.
int main() {
  return 0;
}
