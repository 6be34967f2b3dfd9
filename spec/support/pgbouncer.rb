# frozen_string_literal: true

require_relative "database_server"

# PgBouncer in transaction mode before the specs' PostgreSQL: clients share a few connections of its own.
module PgBouncer
  PORT = 6432
  # To the server: enough for threads in a transaction, whose ledger needs another one each.
  CONNECTIONS = 12

  class << self
    # @param postgresql [Hash] how Active Record connects to the server
    # @return [Hash] how it connects through the pooler
    def before(postgresql)
      @server ||= DatabaseServer.new(
        user: "postgres",
        stop_by: :KILL,
        prepare: ->(data) { ["mkdir", data] },
        command: ->(_data, directory) { [program, configuration(directory, postgresql)] },
        ready: ->(directory) { answers?(directory, postgresql.fetch(:database)) }
      )
      postgresql.merge(host: @server.directory, port: PORT, prepared_statements: false)
    end

    private

    def configuration(directory, postgresql)
      File.join(directory, "pgbouncer.ini").tap { |file| File.write(file, <<~INI) }
        [databases]
        * = host=#{postgresql.fetch(:host)} user=#{postgresql.fetch(:username)}
        [pgbouncer]
        listen_addr =
        listen_port = #{PORT}
        unix_socket_dir = #{directory}
        auth_type = any
        pool_mode = transaction
        default_pool_size = #{CONNECTIONS}
        max_client_conn = 100
      INI
    end

    def answers?(directory, database)
      system("psql", "-h", directory, "-p", PORT.to_s, "-U", "postgres", "-d", database, "-c", "SELECT 1",
             out: File::NULL, err: File::NULL)
    end

    # Debian keeps it out of a user's PATH.
    def program
      File.executable?("/usr/sbin/pgbouncer") ? "/usr/sbin/pgbouncer" : "pgbouncer"
    end
  end
end
