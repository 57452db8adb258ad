export async function down(_: { keepDocker: boolean }): Promise<void> {}
