# frozen_string_literal: true

require "fileutils"
require "set"
require "tmpdir"
require_relative "database_server"
require_relative "pgbouncer"

# Real databases of the specs' own, in a temporary directory, on a socket there. Each is started when
# it is first used and stopped by its pid at the end.
module Databases
  NAMES = %i[postgresql mariadb sqlite].freeze
  NAME = "llm_router_test"
  SPECS = %w[spec benchmark].map { |folder| File.expand_path("../../#{folder}", __dir__) }.freeze
  private_constant :NAME, :SPECS

  # What a model's `connection` is where a spec takes it, which Rails disallows for the gem.
  module KeptBySpecs
    def connection
      File.expand_path(caller_locations(1, 1).first.path).start_with?(*SPECS) ? lease_connection : super
    end
  end

  class << self
    # How many connections PostgreSQL takes at most. To be set before it is started.
    attr_writer :connections

    # Active Record, connected to an empty database of this kind.
    def connect(name, **options)
      require "active_record"
      disallow_permanent_checkout
      quiet_forks if name == :sqlite
      # Some examples have more threads than that, which wait for each other.
      ActiveRecord::Base.establish_connection(send(name).merge(pool: 5, checkout_timeout: 60, **options))
      # As Rails does it from 7.1 on. Without it, threads of one process can wait for each other in vain.
      ActiveRecord::Base.connection.execute("PRAGMA journal_mode = WAL") if name == :sqlite
      empty
    end

    # One more database of this kind, made on first use.
    # @return [Hash] how Active Record connects to it
    def another(name, suffix)
      config = send(name)
      return config.merge(database: "#{config[:database]}.#{suffix}") if name == :sqlite

      config.merge(database: "#{NAME}_#{suffix}").tap do |more|
        made = @others ||= Set.new
        made.add?(more) && ActiveRecord::Base.connection.execute("CREATE DATABASE #{more[:database]}")
      end
    end

    # Leaves nothing for the next connection.
    def disconnect
      empty
      ActiveRecord::Base.remove_connection
    end

    # What `pg_ctl restart -m immediate` does: every connection breaks in the middle of what it is doing, and the server
    # recovers as after a crash.
    def restart_postgresql
      @postgresql.restart(:QUIT) do
        answers?("psql", "-h", @postgresql.directory, "-U", "postgres", "-c", "SELECT 1")
      end
    end

    # Leads a Rails app to a database of its own there, which it has to create.
    def postgresql_environment
      { DATABASE_URL: "postgresql:///rails_app", PGHOST: postgresql.fetch(:host), PGUSER: "postgres" }
    end

    def empty
      connection = ActiveRecord::Base.connection
      connection.data_sources.each { |table| connection.drop_table(table, force: :cascade) }
    end

    private

    # From Rails 7.2 on. Specs themselves keep the connections that they take.
    def disallow_permanent_checkout
      return unless ActiveRecord.respond_to?(:permanent_connection_checkout=)

      ActiveRecord.permanent_connection_checkout = :disallowed
      ActiveRecord::Base.singleton_class.prepend(KeptBySpecs)
    end

    def sqlite
      { adapter: "sqlite3", database: File.join(scratch, "test.sqlite3"), timeout: 60_000 }
    end

    def postgresql
      @postgresql ||= DatabaseServer.new(
        user: "postgres",
        stop_by: :INT,
        prepare: ->(data) { [postgres("initdb"), "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"] },
        command: lambda do |data, directory|
          [postgres("postgres"), "-D", data, "-k", directory, "-h", "", "-F", "-N", (@connections || 120).to_s]
        end,
        ready: ->(directory) { answers?("psql", "-h", directory, "-U", "postgres", "-c", "CREATE DATABASE #{NAME}") }
      )
      { adapter: "postgresql", host: @postgresql.directory, username: "postgres", database: NAME }
    end

    def pgbouncer
      PgBouncer.before(postgresql)
    end

    def mariadb
      @mariadb ||= DatabaseServer.new(
        user: "mysql",
        stop_by: :TERM,
        prepare: lambda do |data|
          %W[mariadb-install-db --no-defaults --datadir=#{data} --skip-test-db --auth-root-authentication-method=normal]
        end,
        command: lambda do |data, directory|
          %W[#{mariadbd} --no-defaults --datadir=#{data} --socket=#{directory}/socket --skip-networking]
        end,
        ready: lambda do |directory|
          answers?(*%W[mariadb --no-defaults --socket=#{directory}/socket -u root -e], "CREATE DATABASE #{NAME}")
        end
      )
      adapter = ENV.fetch("MYSQL_ADAPTER", "mysql2") # or trilogy
      { adapter: adapter, socket: "#{@mariadb.directory}/socket", username: "root", database: NAME }
    end

    def trilogy
      mariadb.merge(adapter: "trilogy")
    end

    # Specs fork beside open connections, which sqlite3 2 closes in the child, and warns.
    def quiet_forks
      require "sqlite3"
      SQLite3::ForkSafety.suppress_warnings! if SQLite3.const_defined?(:ForkSafety)
    end

    def scratch
      @scratch ||= Dir.mktmpdir("llm_router").tap do |directory|
        owner = Process.pid
        at_exit { FileUtils.rm_rf(directory) if Process.pid == owner }
      end
    end

    def answers?(*command)
      system(*command, out: File::NULL, err: File::NULL)
    end

    # Debian keeps these out of the PATH.
    def postgres(program)
      Dir["/usr/lib/postgresql/*/bin/#{program}"].max_by { |path| path[%r{/(\d+)/bin}, 1].to_i } || program
    end

    def mariadbd
      File.executable?("/usr/sbin/mariadbd") ? "/usr/sbin/mariadbd" : "mariadbd"
    end
  end
end
