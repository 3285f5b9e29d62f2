"""Which drivers there are, one line each: the place to register a new one."""

from importlib import import_module

from iot.drivers.protocol import Driver

# Loaded when first used: a plant without serial lines needs no serial library in memory.
DRIVERS: dict[str, str] = {
    "focas": "iot.drivers.focas.driver.FocasDriver",
    "modbus_ascii": "iot.drivers.modbus_serial.ModbusAscii",
    "modbus_rtu": "iot.drivers.modbus_serial.ModbusRtu",
    "modbus_tcp": "iot.drivers.modbus_tcp.ModbusTcp",
    "serial_ascii": "iot.drivers.serial_ascii.SerialAscii",
}


def driver_class(name: str) -> type[Driver]:
    """The driver of this name; made with the connection's address. Problem: KeyError."""
    module, _, attribute = DRIVERS[name].rpartition(".")
    found: type[Driver] = getattr(import_module(module), attribute)
    return found
