export const pythonExecutable = () => process.env.CHEXREASON_PYTHON ?? "/tmp/venv/bin/python";
