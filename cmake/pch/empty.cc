// Stands for a program that uses a precompiled header.
