# frozen_string_literal: true

require "fileutils"
require "tmpdir"
require_relative "waiting"

# A database server that is started for the specs: a process, its directory and its user.
class DatabaseServer
  # @param user [String] who it runs as where we are root: servers refuse to be that
  # @param stop_by [Symbol] the signal that ends it at once
  # @param prepare [Proc] given the data's directory: the command that makes it
  # @param command [Proc] given that and the server's directory: the server
  # @param ready [Proc] given the server's directory: whether it answers
  def initialize(user:, stop_by:, prepare:, command:, ready:)
    @directory = Dir.mktmpdir("llm_router")
    @stop_by = stop_by
    @user = user if Process.uid.zero?
    FileUtils.chown(@user, nil, @directory) if @user
    run(*prepare.call(data))
    @command = as_user(command.call(data, @directory), "--pdeathsig", stop_by.to_s)
    start { ready.call(@directory) }
    stop_at_exit
  end

  attr_reader :directory

  # Ends it by a signal, and starts it again with the same data.
  # @param signal [Symbol]
  # @yieldreturn [Boolean] whether it answers
  # @return [void]
  def restart(signal, &)
    Process.kill(signal, @pid)
    Process.wait(@pid)
    start(&)
  end

  private

  def start(&)
    @pid = spawn(apart, *@command, out: [log, "a"], err: [log, "a"], chdir: "/")
    wait_until(&)
  end

  # Not the workers that the specs fork.
  def stop_at_exit
    owner = Process.pid
    at_exit { stop if Process.pid == owner }
  end

  def stop
    Process.kill(@stop_by, @pid)
    Process.wait(@pid)
  rescue Errno::ESRCH, Errno::ECHILD
    nil
  ensure
    FileUtils.rm_rf(@directory)
  end

  def data
    File.join(@directory, "data")
  end

  def log
    File.join(@directory, "log")
  end

  def run(*command)
    return if system(apart, *as_user(command), out: log, err: log, chdir: "/")

    raise "#{command.first} failed: #{File.read(log)}"
  end

  # MariaDB's temporary tables have the same names in servers that are made at the same moment.
  def apart
    { "TMPDIR" => @directory }
  end

  def as_user(command, *more)
    @user ? ["setpriv", "--reuid", @user, "--regid", @user, "--init-groups", *more, "--", *command] : command
  end

  def wait_until
    Waiting.eventually(failure: -> { File.read(log) }) do
      raise "it has ended: #{File.read(log)}" if Process.wait(@pid, Process::WNOHANG)

      yield
    end
  end
end
