-- A token's secret is called what it is: encrypted.
alter table tenant_token rename column sealed to encrypted;
