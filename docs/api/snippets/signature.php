<?php

declare(strict_types=1);

function sign(string $secret, string $timestamp, string $method, string $path, string $body): string
{
    return hash_hmac('sha256', "$timestamp.$method.$path.$body", $secret);
}

$timestamp = getenv('BONEX_TIMESTAMP') ?: (string) time();
echo sign(
    getenv('BONEX_SECRET'),
    $timestamp,
    getenv('METHOD'),
    getenv('REQUEST_PATH'),
    (string) getenv('BODY'),
), "\n";
