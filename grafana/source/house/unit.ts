/** The units of panels, by Grafana's names. */
export type Unit =
  | 'short' // a number without a unit
  | 'none' // a number as it is
  | 'percentunit' // 0 to 1
  | 's' // seconds
  | 'dtdurations' // seconds, written out
  | 'bytes' // bytes, in powers of 1024
  | 'binBps' // bytes a second
  | 'ops' // operations a second
  | 'reqps' // statements a second
  | 'dateTimeFromNow' // milliseconds since 1970, as "2 hours ago"
  | 'string'
